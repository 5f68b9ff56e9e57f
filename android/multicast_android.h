#ifndef CROFT_MULTICAST_ANDROID_H
#define CROFT_MULTICAST_ANDROID_H

#include <stdint.h>

// Holds Wi-Fi's multicast lock, or lets it go. jni is the JNIEnv of this thread, context an android.content.Context.
// Returns 0, or -1 where the system has no Wi-Fi or does not allow it.
int croft_hold_multicast(uintptr_t jni, uintptr_t context, int hold);

#endif
