package pool

import "os"

// selfExe is the program's file itself, wherever it is now, even if it has been
// removed.
const selfExe = "/proc/self/exe"

// OwnProgram is the file of this program under its own name, by which people find
// its processes; or, if that is another program by now, what the system has of it.
func OwnProgram() (string, error) {
	running, err := os.Stat(selfExe)
	if err != nil {
		return os.Executable()
	}
	path, err := os.Executable()
	if err != nil {
		return selfExe, nil
	}
	if file, err := os.Stat(path); err != nil || !os.SameFile(file, running) {
		return selfExe, nil
	}
	return path, nil
}

func statProgram() (os.FileInfo, error) {
	fi, err := os.Stat(selfExe)
	if err != nil { // no /proc here
		return statExecutable()
	}
	return fi, nil
}
