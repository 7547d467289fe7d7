package pod

import (
	"slices"
	"strings"
)

// Tail is a `tail` that follows what a file name stands for at its start (`tail -f`), not the name (`tail -F`).
type Tail struct {
	Command Invocation
	Files   []FileUse
	Flag    Word   // the word that says so
	ByName  string // what it must be to follow the name and wait for the file, its other flags kept
}

// Tails returns the commands of a container that follow files by descriptor, those in loops left out: they start again.
func Tails(c *Container) []Tail {
	var out []Tail
	commands, _ := c.Invocations()
	for _, cmd := range commands {
		if cmd.Name != "tail" || cmd.Looped {
			continue
		}
		if flag, byName, ok := followFlag(cmd.Args); ok {
			r := reader{cmd: cmd, workdir: c.Node.Get("workingDir").Text()}
			r.addAll(cmd.Args, Reads)
			out = append(out, Tail{Command: cmd, Files: r.uses, Flag: flag, ByName: byName})
		}
	}
	return out
}

// followFlag finds the flag that makes tail follow a descriptor. Sources: tail(1) of GNU coreutils and BusyBox.
func followFlag(args []Word) (flag Word, byName string, ok bool) {
	for _, w := range args {
		switch {
		case w.Value == "--retry", strings.HasPrefix(w.Value, "--follow=n"):
			return Word{}, "", false
		case w.Value == "--follow", strings.HasPrefix(w.Value, "--follow=d"):
			flag, byName, ok = w, "-F", true
		case strings.HasPrefix(w.Value, "--"), !strings.HasPrefix(w.Value, "-"):
		default:
			letters, number := cluster(w.Value[1:])
			if strings.ContainsRune(letters, 'F') {
				return Word{}, "", false
			}
			if at := strings.IndexByte(letters, 'f'); at >= 0 {
				flag, ok = w, true
				byName = "-" + letters[:at] + "F" + letters[at+1:] + w.Value[1+len(number)+len(letters):]
				if number != "" {
					byName = "-Fn" + number
				}
			}
		}
	}
	return flag, byName, ok
}

// cluster splits short flags into those without a value, and the number of the old form `-20f`.
func cluster(text string) (letters, number string) {
	rest := strings.TrimLeft(text, "0123456789")
	number = text[:len(text)-len(rest)]
	if i := strings.IndexAny(rest, "ncs"); i >= 0 {
		rest = rest[:i]
	}
	return rest, number
}

// Mentions says whether another command of the container tests for, waits for or writes a file before a tail follows it.
func (t Tail) Mentions(all Files, file FileUse) bool {
	return slices.ContainsFunc(all.Uses, func(u FileUse) bool {
		return u.Path == file.Path && u.Use != Names && u.Command.Start != t.Command.Start
	})
}
