package source

// The limits of a source. Each bounds the time or the memory that a source can ask of whoever reads it.
const (
	MaxFile    = 4 << 20  // bytes of one file: the YAML parser takes up to a hundred times that in memory
	MaxSource  = 16 << 20 // bytes of all files together: twice what a compiled bundle may have
	MaxFiles   = 1000     // files of a folder, each opened and read
	MaxEntries = 20000    // names looked at in a folder: a wrong one (a home folder, a disk) is noticed early
	MaxDepth   = 64       // mappings and lists inside one another; the keys need 8, the rest is for values
	MaxAliases = 1000     // uses of an anchor in one file
	MaxNodes   = 1 << 20  // keys and values of all files, those that aliases repeat counted each time
	maxFaults  = 200      // faults kept: nobody mends more at once
	maxShown   = 20       // faults in Faults.Error: a screenful
)
