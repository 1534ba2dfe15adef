package format

// The limits of a bundle. Each bounds the memory or the time that a bundle can ask of whoever runs it.
const (
	MaxSize          = 8 << 20  // bytes of a file: what an edge node can be asked to hold beside the site's own data
	MaxPurposes      = 32       // a set of purposes is one word
	MaxCookies       = 64       // with consent signals: a site has one consent manager, or a few while it changes
	MaxJurisdictions = 256      // as many as there are countries: their conditions are asked in turn
	MaxConsentGroups = 256      // of all purposes together: each is looked for in a cookie, for each request
	MaxAttributes    = 1024     // slots of a context, cleared for each request
	MaxDecisions     = 1 << 12  // a request may ask for all of them at once
	MaxVariants      = 1 << 12  // of one decision
	MaxHeaderActs    = 48       // headers that the decisions of a route set towards the origin: servers take some hundred
	MaxProgram       = 1 << 12  // instructions of one condition
	MaxStack         = 256      // values on the stack, those of the conditions it waits for included
	MaxWalks         = 16       // comprehensions inside one another, likewise
	MaxLocals        = 16       // variables of one condition's comprehensions
	MaxNesting       = 16       // conditions that wait for one another: a segment that uses a segment
	MaxBuckets       = 1 << 24  // of a split
	MaxString        = 64 << 10 // bytes of one string of the bundle: an object-valued variant
	MaxIndexed       = 32       // tables of the index: a set of them is one word
	MaxDepth         = 8        // lists within lists, in constants and in contexts
)
