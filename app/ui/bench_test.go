package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"croft/app/chat"
	"croft/app/settings"
)

// long puts a chat of n messages in, a third of them with code and lists.
func long(n int) func(*stage) {
	return func(s *stage) {
		library(s)
		var list []chat.Message
		for i := range n / 2 {
			text := fmt.Sprintf("Answer %d. ", i) + strings.Repeat("The valve holds until the spring, when the plumber comes back. ", 1+i%7)
			if i%3 == 0 {
				text = photos + fmt.Sprintf("\n\n1. one\n2. two\n3. answer %d", i)
			}
			list = append(list, user(fmt.Sprintf("Question %d about the valve?", i)), reply(text))
		}
		s.chats.add("Long", time.Hour, false, list...)
		s.chats.add("Short", 0, false, user("Hello"), reply("Hello."))
	}
}

func draw(s *stage) { s.Canvas().Capture() }

// BenchmarkOpenLongChat opens a chat of 2,000 messages, up to its picture on the screen.
func BenchmarkOpenLongChat(b *testing.B) {
	for _, n := range []int{2000, 100000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := newStage(b, wide, settings.Values{}, long(n))
			draw(s)
			for b.Loop() {
				s.tap("Long")
				draw(s)
				b.StopTimer()
				s.tap("Short")
				b.StartTimer()
			}
		})
	}
}

// grow starts a reply and returns what makes it longer by a few words.
func grow(s *stage) func() {
	id := s.newest()
	streaming("", "It begins.", chat.Writing)(s)
	return func() {
		s.chats.write(id, func(m *chat.Message) {
			if len(m.Text) > 20000 {
				m.Text = "It begins."
			}
			m.Text += " And then it goes on for a while"
			if len(m.Text)%900 < 30 {
				m.Text += "\n\n"
			}
		})
	}
}

// BenchmarkStreamingUpdate is what one update of a growing reply costs the window's goroutine.
func BenchmarkStreamingUpdate(b *testing.B) {
	s := newStage(b, wide, settings.Values{}, long(2000))
	more := grow(s)
	for b.Loop() {
		more()
	}
}

// BenchmarkTypeWhileStreaming types a letter between two updates.
func BenchmarkTypeWhileStreaming(b *testing.B) {
	s := newStage(b, wide, settings.Values{}, long(2000))
	more := grow(s)
	f := s.Canvas().Focused()
	n := 0
	for b.Loop() {
		b.StopTimer()
		more()
		n++
		if n%200 == 0 {
			f.(interface{ SetText(string) }).SetText("")
		}
		b.StartTimer()
		f.TypedRune('a')
	}
}

// BenchmarkScrollStep turns the wheel by one notch in a chat of 2,000 messages.
func BenchmarkScrollStep(b *testing.B) {
	s := newStage(b, wide, settings.Values{}, long(2000))
	s.tap("Long")
	step := float32(40)
	for n := 0; b.Loop(); n++ {
		if n%500 == 499 {
			step = -step
		}
		test.Scroll(s.Canvas(), fyne.NewPos(800, 400), 0, step)
	}
}

// BenchmarkLongMessage shows a message of 200 kB.
func BenchmarkLongMessage(b *testing.B) {
	s := newStage(b, wide, settings.Values{}, func(s *stage) {
		library(s)
		s.chats.add("Huge", time.Hour, false, user("All of it."), reply(strings.Repeat("Every word of this is needed, and none is new. ", 4300)))
		s.chats.add("Short", 0, false, user("Hello"), reply("Hello."))
	})
	for b.Loop() {
		s.tap("Huge")
		draw(s)
		b.StopTimer()
		s.tap("Short")
		b.StartTimer()
	}
}
