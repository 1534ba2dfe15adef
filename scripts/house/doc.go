// Package house holds the tests of what is promised of the repository as a whole: which package may import which, that every package says
// what it is for, that the commands in the README do what it says. It has no code of its own.
package house
