// What a Go program asks of the system: files, directories, clocks, variables, random numbers, an exit code.
package main

import (
	"crypto/rand"
	"io"
	"os"
	"syscall"
	"time"
)

func check(ok bool, what string) {
	if !ok {
		panic(what)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	check(len(os.Args) == 3 && os.Args[1] == "one" && os.Args[2] == "two words", "arguments")
	println := func(text string) { _, err := os.Stdout.WriteString(text + "\n"); must(err) }
	println("hello " + os.Getenv("GREETING"))

	must(os.Mkdir("/data/made", 0o777))
	file, err := os.OpenFile("/data/made/a", os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	must(err)
	_, err = file.WriteString("0123456789")
	must(err)
	_, err = file.Seek(4, io.SeekStart)
	must(err)
	text, err := io.ReadAll(file)
	must(err)
	check(string(text) == "456789", "seek")
	must(file.Truncate(3))
	must(file.Close())
	must(os.WriteFile("/data/made/b", []byte("b"), 0o666))
	must(os.Rename("/data/made/b", "/data/made/c"))
	entries, err := os.ReadDir("/data/made")
	must(err)
	check(len(entries) == 2 && entries[0].Name() == "a" && entries[1].Name() == "c", "list")
	stat, err := os.Stat("/data/made/a")
	must(err)
	check(stat.Size() == 3 && stat.Mode().IsRegular() && stat.ModTime().Unix() > 0, "stat")
	_, err = os.Stat("/data/made/b")
	check(os.IsNotExist(err), "renamed")
	_, err = os.ReadFile("/elsewhere")
	check(err != nil, "elsewhere")
	must(os.RemoveAll("/data/made"))

	// Another goroutine runs while this one sleeps.
	began, done := time.Now(), make(chan bool)
	go func() { done <- true }()
	time.Sleep(10 * time.Millisecond)
	check(<-done && time.Since(began) >= 10*time.Millisecond, "sleep")
	check(time.Now().Unix() > 1_500_000_000, "time")
	var a, b [16]byte
	_, err = rand.Read(a[:])
	must(err)
	_, err = rand.Read(b[:])
	must(err)
	check(a != b, "random")

	input, err := io.ReadAll(os.Stdin)
	must(err)
	_, err = syscall.Write(2, input)
	must(err)
	os.Exit(7)
}
