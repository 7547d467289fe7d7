// Package github reconciles the review that a pull request should have with the one that is posted, in the fewest requests.
//
// One GraphQL query reads everything ([Client.Read]); from that and the desired review a pure function makes a plan; the plan
// is then written ([Client.Reconcile]). Comments of ours are known by their author and a hidden marker that names findings, so
// the same plan made twice is empty the second time, and a crash between two writes is repaired by running again.
//
// Invariants:
//   - Every write is fenced just before it is sent, and none is repeated blindly: when its answer is lost the caller gets
//     [*Unavailable] and reads again.
//   - Waiting is decided by one gate an installation, which is asked before anything is read ([Client.Enter]); limits, GitHub's and our
//     own pace, are handed back as [*RetryAfter] with a turn of one's own, and nobody sleeps on them for longer than a second.
//   - A read that does not know of what this process wrote just before is no read: [*Unavailable]. GitHub answers from replicas.
//   - The completed check run is the last write, so it says that everything else is posted.
//   - One refused comment loses no other: it goes to the file, then to the check run alone.
//
// What people ignored in a pull request is kept in its conversation and nowhere else ([Decision]): the record is the hidden
// marker of our reply to the command, written before anything else follows from it. Not the command itself, whose author
// may edit or delete it afterwards; not a reaction, which holds no reason; not the check run, which a force push hides. A
// reply of ours can be changed or deleted only by people who may give the command too, and a deleted one is taken back.
// Replies are only ever added, in the order of the pull request's lease, and are folded in that order, so neither
// deliveries that come twice nor two commands at once can lose one. Check runs carry a hint of how far back to read.
//
// It knows GitHub and the type of a review; it must not import YAML, rules, git or the queue.
package github
