package pod

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Use is what a command does with a file.
type Use int

// The uses of a file. Alters changes a folder or what is said of a file, and puts no text into one; Tests looks whether it is
// there; Names is a path given to a program that isn't known.
const (
	Reads Use = iota
	Writes
	Alters
	Tests
	Names
)

// FileUse is a file or folder that a container's command names.
type FileUse struct {
	Path    string // absolute and clean; of several files a pattern as for path.Match
	Use     Use
	Word    Word
	Command Invocation
}

// Pattern says whether the path stands for several files.
func (f FileUse) Pattern() bool { return f.Word.Glob || !f.Word.Exact }

// Folder is the part of the path that is certain: of a pattern the folder before its first star.
func (f FileUse) Folder() string {
	if !f.Pattern() {
		return f.Path
	}
	fixed := f.Path
	if i := strings.IndexAny(fixed, "*?[{"); i >= 0 {
		fixed = fixed[:i]
	}
	return path.Dir(fixed + "x")
}

// Files is what a container's commands do with files.
type Files struct {
	Uses  []FileUse
	Whole bool // every command is known, so that the container writes no other file than those listed
}

// FilesOf reads what a container's commands read and write. Without a command only the image knows.
func FilesOf(c *Container) Files {
	if c.files == nil {
		files := filesOf(c)
		c.files = &files
	}
	return *c.files
}

func filesOf(c *Container) Files {
	commands, all := c.Invocations()
	files := Files{Whole: all && len(commands) > 0}
	workdir := c.Node.Get("workingDir").Text()
	functions := functionNames(commands)
	for _, cmd := range commands {
		r := reader{cmd: cmd, workdir: workdir}
		r.read(functions)
		files.Uses = append(files.Uses, r.uses...)
		files.Whole = files.Whole && r.known
	}
	return files
}

// Covers says whether a file is the one that is named, or may be one of several.
func (f FileUse) Covers(file string) bool {
	if f.Path == file {
		return true
	}
	if !f.Word.Exact {
		return strings.HasPrefix(file, strings.TrimSuffix(f.Path, "*"))
	}
	ok, err := path.Match(f.Path, file)
	return f.Word.Glob && ok && err == nil
}

// Written returns the use that writes a file, ok is false when none is known.
func (f Files) Written(file string) (use FileUse, ok bool) {
	for _, u := range f.Uses {
		if u.Use == Writes && u.Covers(file) {
			return u, true
		}
	}
	return FileUse{}, false
}

// WrittenBelow says whether a folder, or anything below it, is written or altered.
func (f Files) WrittenBelow(folder string) bool {
	return slices.ContainsFunc(f.Uses, func(u FileUse) bool {
		return (u.Use == Writes || u.Use == Alters) && (under(u.Folder(), folder) || u.Pattern() && under(folder, u.Folder()))
	})
}

// SparesMount says whether a container certainly writes nothing of what a mount shows.
func (f Files) SparesMount(m Mount) bool {
	return f.Whole && !f.WrittenBelow(path.Clean(m.Path))
}

// Of returns the uses of one kind.
func (f Files) Of(use Use) []FileUse {
	return slices.DeleteFunc(slices.Clone(f.Uses), func(u FileUse) bool { return u.Use != use })
}

func functionNames(commands []Invocation) map[string]bool {
	names := map[string]bool{}
	seen := map[*Script]bool{}
	for _, cmd := range commands {
		if cmd.Script == nil || seen[cmd.Script] {
			continue
		}
		seen[cmd.Script] = true
		syntax.Walk(cmd.Script.File, func(n syntax.Node) bool {
			if f, ok := n.(*syntax.FuncDecl); ok && f.Name != nil {
				names[f.Name.Value] = true
			}
			return true
		})
	}
	return names
}

// without are commands that touch no files.
var without = words(`: [ test echo printf sleep true false date exit return break continue set unset export local declare readonly shift wait
	read let expr seq hostname whoami id uname uptime ps free env printenv pwd umask ulimit basename dirname tr yes kill pkill pgrep killall nc ncat
	getent nslookup ping logger cd alias type which command sync`)

// readers are commands that only read the files that they name.
var readers = words(`cat tac head tail less more wc nl uniq cut md5sum sha1sum sha256sum sha512sum cksum od hexdump xxd strings zcat grep egrep fgrep zgrep
	sort sed awk gawk mawk jq yq diff cmp comm paste join column fold fmt rev base64 inotifywait find multitail curl`)

// lookers are commands that only look at what is there.
var lookers = words(`ls stat file du df readlink realpath`)

// writers are commands that make or fill the files that they name; alterers change folders, or what is said of a file.
var (
	writers  = words(`touch mv cp ln tee truncate mkfifo install`)
	alterers = words(`mkdir rmdir rm chmod chown chgrp unlink`)
)

func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}

// reader collects the files of one command.
type reader struct {
	cmd     Invocation
	workdir string
	uses    []FileUse
	known   bool
}

func (r *reader) read(functions map[string]bool) {
	r.known = true
	for _, w := range r.cmd.Output {
		r.known = r.add(w, Writes) && r.known
	}
	for _, w := range r.cmd.Input {
		r.add(w, Reads)
	}
	name := r.cmd.Name
	switch {
	case name == "test" || name == "[":
		r.addAll(r.cmd.Args, Tests)
	case name == "trap":
		r.known = r.known && !r.trapWrites()
	case without[name] || functions[name]:
	case lookers[name]:
		r.addAll(r.cmd.Args, Tests)
	case readers[name]:
		r.addAll(r.cmd.Args, Reads)
		r.known = r.known && !r.writesToo()
	case name == "cp" && len(r.cmd.Args) > 1:
		last := len(r.cmd.Args) - 1
		r.addAll(r.cmd.Args[:last], Reads)
		r.known = r.addAll(r.cmd.Args[last:], Writes) && r.known
	case writers[name]:
		r.known = r.addAll(r.cmd.Args, Writes) && r.known
	case alterers[name]:
		r.known = r.addAll(behindMode(name, r.cmd.Args), Alters) && r.known
	default:
		r.known = false
		r.addNamed()
	}
}

// behindMode returns the files of chmod, chown and chgrp, which stand behind the mode or owner.
func behindMode(name string, args []Word) []Word {
	if !strings.HasPrefix(name, "ch") {
		return args
	}
	first := slices.IndexFunc(args, func(w Word) bool { return !strings.HasPrefix(w.Value, "-") })
	return args[first+1:]
}

// writesToo says whether a command that mostly reads is told to write or to start something.
func (r *reader) writesToo() bool {
	return slices.ContainsFunc(r.cmd.Args, func(w Word) bool {
		switch r.cmd.Name {
		case "sed", "yq":
			return strings.HasPrefix(w.Value, "-i") || strings.HasPrefix(w.Value, "--in-place")
		case "sort", "inotifywait":
			return strings.HasPrefix(w.Value, "-o") || strings.HasPrefix(w.Value, "--out")
		case "awk", "gawk", "mawk":
			return !w.Exact || strings.ContainsAny(w.Value, ">|") || strings.Contains(w.Value, "system(")
		case "curl":
			short := strings.HasPrefix(w.Value, "-") && !strings.HasPrefix(w.Value, "--")
			return short && strings.ContainsAny(w.Value, "oOcDK") || strings.HasPrefix(w.Value, "--output") || strings.HasPrefix(w.Value, "--remote") ||
				strings.HasPrefix(w.Value, "--cookie-jar") || strings.HasPrefix(w.Value, "--dump") || strings.HasPrefix(w.Value, "--trace") || w.Value == "--config"
		case "find":
			return w.Value == "-delete" || strings.HasPrefix(w.Value, "-exec") || strings.HasPrefix(w.Value, "-ok") || strings.HasPrefix(w.Value, "-f")
		}
		return false
	})
}

// trapWrites says whether the text that a trap runs may write: it redirects, or runs what isn't known to be harmless.
func (r *reader) trapWrites() bool {
	if len(r.cmd.Args) == 0 {
		return false
	}
	text := r.cmd.Args[0]
	if !text.Exact || strings.ContainsAny(text.Value, ">|") {
		return text.Value != ""
	}
	return slices.ContainsFunc(strings.FieldsFunc(text.Value, func(c rune) bool { return strings.ContainsRune("; \n&", c) }), func(w string) bool {
		return writers[w] || alterers[w] || strings.Contains(w, "/")
	})
}

// addAll adds the paths among arguments; it says whether all that could be paths are known.
func (r *reader) addAll(args []Word, use Use) bool {
	known := true
	for _, w := range args {
		if !strings.HasPrefix(w.Value, "-") {
			known = r.add(w, use) && known
		}
	}
	return known
}

// add adds one path; a relative one counts from the container's workingDir. It says whether it is known where the file is.
func (r *reader) add(w Word, use Use) bool {
	p := w.Path()
	if p == "" && w.Value != "" && strings.HasPrefix(r.workdir, "/") && !strings.HasPrefix(w.Value, "$") {
		w.Value = path.Join(r.workdir, w.Value)
		p = w.Path()
	}
	if p == "" {
		return false
	}
	if under(p, "/dev") || under(p, "/proc") {
		return true
	}
	r.uses = append(r.uses, FileUse{Path: p, Use: use, Word: w, Command: r.cmd})
	return true
}

// logFlags are flags, with - and _ taken away, by which programs are told where to write their log.
var logFlags = words(`logfile logpath logfilename accesslog accesslogfile errorlog errorlogfile logdir logdirectory logoutput`)

// addNamed adds the paths in the arguments of a program that isn't known: a flag that names a log says that it is written.
func (r *reader) addNamed() {
	flag := ""
	for _, w := range r.cmd.Args {
		if name, value, ok := strings.Cut(w.Value, "="); ok && strings.HasPrefix(name, "-") {
			cut := w
			cut.Value, cut.Start = value, w.Start+len(name)+1
			r.addFlagged(name, cut)
			flag = ""
			continue
		}
		if strings.HasPrefix(w.Value, "-") {
			flag = w.Value
			continue
		}
		r.addFlagged(flag, w)
		flag = ""
	}
}

// joined leaves out the separators in flags.
var joined = strings.NewReplacer("-", "", "_", "", ".", "")

func (r *reader) addFlagged(flag string, w Word) {
	use := Names
	if logFlags[strings.ToLower(joined.Replace(flag))] {
		use = Writes
	}
	if strings.HasPrefix(w.Value, "/") {
		r.add(w, use)
	}
}

func under(file, dir string) bool {
	return file == dir || strings.HasPrefix(file, strings.TrimSuffix(dir, "/")+"/")
}
