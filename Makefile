# What people type. CI runs the same.

.PHONY: test lint demo bench doc counterparts browser screenshots soak measure fuzz

test: ## all tests
	cargo test --locked

COUNTERPARTS = $(or $(ROADMAPD_COUNTERPARTS),$(CURDIR)/target/counterparts)
counterparts: ## what tests/counterparts plays against and what steers a browser, from npm and PyPI into target/counterparts (370 MB, once)
	tests/counterparts/install.sh

browser: counterparts ## every view in Chromium, which comes from the system's packages
	ROADMAPD_COUNTERPARTS=$(COUNTERPARTS) cargo test --locked --test page browser -- --nocapture

screenshots: counterparts ## the README's pictures, of the demo
	cargo build --release --locked --bins
	$(COUNTERPARTS)/node tests/page/browser/screenshots.mjs target/release/roadmapd $(COUNTERPARTS) docs

SEEDS = 1000
soak: ## people edit while everything fails and dies, SEEDS times
	SOAK_SEEDS=$(SEEDS) cargo test --locked --profile soak --test soak

SECONDS = 60
fuzz: ## every parser of outside input, SECONDS each
	fuzz/run $(SECONDS)

measure: ## how good the levels are on real histories, each figure beside its baseline
	MEASURE_ALL=1 cargo test --locked --profile soak --test measures -- --nocapture --test-threads 1

lint: ## format, clippy with warnings denied, and everything that isn't Rust
	cargo fmt --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo clippy --locked --all-targets -- -D warnings
	.ci/lint

demo: ## the main job on two trackers in memory
	cargo run --release --locked -- demo

doc: ## the crate's documentation
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps

bench: ## requests, CPU, memory and database size as the work grows, and how long scoring takes
	cargo build --release --locked --bins
	cargo bench --locked --bench cycles
	cargo bench --locked --bench score
