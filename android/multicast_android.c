#include "multicast_android.h"

#include <jni.h>

// A WifiManager.MulticastLock, made once; a global reference.
static jobject lock;

static int thrown(JNIEnv *env) {
	if (!(*env)->ExceptionCheck(env))
		return 0;
	(*env)->ExceptionClear(env);
	return 1;
}

static jmethodID method(JNIEnv *env, jobject of, const char *name, const char *type) {
	jmethodID m = (*env)->GetMethodID(env, (*env)->GetObjectClass(env, of), name, type);
	return thrown(env) ? 0 : m;
}

// make returns a lock that counts no references: one release ends any number of acquires.
static jobject make(JNIEnv *env, jobject context) {
	jmethodID service = method(env, context, "getSystemService", "(Ljava/lang/String;)Ljava/lang/Object;");
	if (!service)
		return 0;
	jobject wifi = (*env)->CallObjectMethod(env, context, service, (*env)->NewStringUTF(env, "wifi"));
	if (thrown(env) || !wifi)
		return 0;
	jmethodID create = method(env, wifi, "createMulticastLock", "(Ljava/lang/String;)Landroid/net/wifi/WifiManager$MulticastLock;");
	if (!create)
		return 0;
	jobject made = (*env)->CallObjectMethod(env, wifi, create, (*env)->NewStringUTF(env, "croft"));
	if (thrown(env) || !made)
		return 0;
	jmethodID counted = method(env, made, "setReferenceCounted", "(Z)V");
	if (!counted)
		return 0;
	(*env)->CallVoidMethod(env, made, counted, JNI_FALSE);
	return thrown(env) ? 0 : (*env)->NewGlobalRef(env, made);
}

int croft_hold_multicast(uintptr_t jni, uintptr_t context, int hold) {
	JNIEnv *env = (JNIEnv *)jni;
	if ((*env)->PushLocalFrame(env, 16) != 0)
		return thrown(env), -1;
	int result = -1;
	if (!lock && hold)
		lock = make(env, (jobject)context);
	if (lock) {
		jmethodID m = method(env, lock, hold ? "acquire" : "release", "()V");
		if (m) {
			(*env)->CallVoidMethod(env, lock, m);
			result = thrown(env) ? -1 : 0;
		}
	} else if (!hold) {
		result = 0;
	}
	(*env)->PopLocalFrame(env, 0);
	return result;
}
