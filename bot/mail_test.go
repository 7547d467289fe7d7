package bot_test

import (
	"math/rand/v2"
	"slices"

	"github.com/podcheck/podcheck/fixtures/github"
)

// mail is the deliveries on their way to a bot.
type mail struct {
	random *rand.Rand
	sent   []*github.Delivery // earlier
	held   []*github.Delivery // to be delivered later
}

// disturb gives what arrives of some events: some twice, late, in another order or not at all, among older ones. Lose is asked whether one
// that is to be lost really is.
func (m *mail) disturb(events []*github.Delivery, lose func(*github.Delivery) bool) []*github.Delivery {
	var now, later []*github.Delivery
	for _, d := range slices.Concat(events, m.held) {
		switch m.random.IntN(8) {
		case 0:
			if !lose(d) {
				now = append(now, d)
			}
		case 1, 2:
			later = append(later, d)
		case 3, 4:
			now = append(now, d, d)
		default:
			now = append(now, d)
		}
	}
	m.held = later
	for range m.random.IntN(3) {
		if len(m.sent) > 0 {
			now = append(now, m.sent[m.random.IntN(len(m.sent))])
		}
	}
	m.random.Shuffle(len(now), func(i, j int) { now[i], now[j] = now[j], now[i] })
	m.sent = append(m.sent, events...)
	return now
}
