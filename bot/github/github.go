// Package github reconciles the review that a pull request should have with the one that is posted, in the fewest requests.
//
// One GraphQL query reads everything ([Client.Read]); from that and the desired review a pure function makes a plan; the plan
// is then written ([Client.Reconcile]). Comments of ours are known by their author and a hidden marker that names findings, so
// the same plan made twice is empty the second time, and a crash between two writes is repaired by running again.
//
// Invariants:
//   - Every write is fenced just before it is sent, and none is repeated blindly: when its answer is lost the caller gets
//     [*Unavailable] and reads again.
//   - Waiting is decided by one transport an installation; rate limits are handed back as [*RetryAfter], nobody sleeps on them.
//   - The completed check run is the last write, so it says that everything else is posted.
//   - One refused comment loses no other: it goes to the file, then to the check run alone.
//
// It knows GitHub and the type of a review; it must not import YAML, rules, git or the queue.
package github
