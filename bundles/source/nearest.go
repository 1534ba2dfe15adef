package source

import "strings"

// Nearest returns the candidate that a mistyped word most likely means: the one that needs the fewest characters changed, added,
// removed or swapped with their neighbour, upper and lower case alike, or the one whose last part, after a dot, is the word. There is
// none where more than a third of the word, or more than three characters, would have to change. Of equals the first wins.
func Nearest(word string, candidates []string) (string, bool) {
	const longest = 64 // characters of a name; comparing longer ones helps nobody and costs their product in time
	if len(word) > longest {
		return "", false
	}
	typed := []rune(strings.ToLower(word))
	best, found := "", false
	limit := min(len(typed)/3, 3)
	for _, candidate := range candidates {
		if len(candidate) > longest || candidate == word {
			continue
		}
		d := distance(typed, []rune(strings.ToLower(candidate)), limit)
		if strings.HasSuffix(candidate, "."+word) {
			d = 0
		}
		if d <= limit {
			best, found, limit = candidate, true, d-1
		}
	}
	return best, found
}

// distance is the number of changes, additions, removals and swaps of neighbours between two words, or limit+1 where there are
// more than limit. It fills the usual table of distances between beginnings, of which three rows are kept.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			change := above[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above, row = above, row, before
	}
	return min(above[len(b)], limit+1)
}
