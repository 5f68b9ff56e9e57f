// Croft runs a language model on your own device.
package main

func main() {}
