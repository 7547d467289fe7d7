package roots

import "github.com/podcheck/podcheck/rules/manifest"

// findFlux makes roots of Flux's Kustomizations and HelmReleases.
func (f *finder) findFlux() {
	f.each(fluxGroup, "Kustomization", f.fluxKustomization)
	f.each(releaseGroup, "HelmRelease", f.helmRelease)
	f.each(firstFluxGroup, "HelmRelease", func(o *manifest.Object) {
		f.skip(nil, o, "%s is of Flux 1, whose objects are not read", labelOf(o))
	})
}

// configMap returns the ConfigMap that an object refers to, nil when the repository has none.
func (f *finder) configMap(o *manifest.Object, name string) *manifest.Object {
	return nearest(o, f.lookup(coreGroup, "ConfigMap", name, o.Namespace))
}
