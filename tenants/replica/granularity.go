package replica

import "time"

// Granularity is how much older than a wished moment a restored state may be
// where every point is kept: the debounce, and as much again for the cut itself.
// Whoever replicates less often has to say so.
const Granularity = 500 * time.Millisecond
