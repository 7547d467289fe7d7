package main

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/podcheck/podcheck/fixtures/browser"
)

// screenshots are the pages of plays that the documentation shows.
var screenshots = []struct {
	file, fixture, scheme string
	width                 int64
}{
	{"suggestion.png", "shipper-one-file", "light", 880},
	{"patch.png", "redis-exporter", "dark", 880},
	{"obstacle.png", "exporter-elsewhere", "light", 360},
}

// TestScreenshots writes what the documentation shows, with -update; it tests that each is there.
func TestScreenshots(t *testing.T) {
	docs, err := filepath.Abs("../../docs")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		tab := browser.Open(t)
		for _, s := range screenshots {
			shot := photograph(t, tab, playedPage(t, s.fixture), s.width, s.scheme)
			if err := os.WriteFile(filepath.Join(docs, s.file), shot, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, s := range screenshots {
		if info, err := os.Stat(filepath.Join(docs, s.file)); err != nil || info.Size() > 150_000 {
			t.Errorf("%s: %v; it must be there and have at most 150 KB: -update makes it", s.file, err)
		}
	}
}

// playedPage is the page of the play of a fixture.
func playedPage(t *testing.T, fixture string) []byte {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	out, stderr, code := run(t, t.TempDir(), "", "demo", "--fixture", fixture)
	if code != 0 {
		t.Fatal(stderr)
	}
	page, err := os.ReadFile(strings.TrimSpace(out[strings.LastIndex(strings.TrimSpace(out), "\n")+1:]))
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func photograph(t *testing.T, tab context.Context, html []byte, width int64, scheme string) []byte {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(html)
	}))
	defer server.Close()
	if err := chromedp.Do(tab, chromedp.EmulateViewport(width, 640, chromedp.EmulateScale(1.25)), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return err
	}), chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	shot, err := chromedp.Run(tab, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	return paletted(t, shot)
}

// paletted keeps the most frequent colors of a PNG that look different: enough for text, and a quarter of its size.
func paletted(t *testing.T, data []byte) []byte {
	t.Helper()
	full, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	count := map[color.RGBA]int{}
	area := full.Bounds()
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			count[color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int { return count[b] - count[a] })
	var palette color.Palette
	for _, c := range frequent {
		if len(palette) < 64 && !slices.ContainsFunc(palette, func(known color.Color) bool { return alike(known.(color.RGBA), c) }) {
			palette = append(palette, c)
		}
	}
	small := image.NewPaletted(area, palette)
	draw.Draw(small, area, full, area.Min, draw.Src)
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, small); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func alike(a, b color.RGBA) bool {
	r, g, bl := int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B)
	return r*r+g*g+bl*bl < 100
}
