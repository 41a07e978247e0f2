# What people type. CI runs the same.

.PHONY: test lint demo bench doc

test: ## all tests
	cargo test --locked

lint: ## format and clippy, warnings denied
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings

demo: ## the main job on two trackers in memory
	cargo run --release --locked -- demo

doc: ## the crate's documentation
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps

bench: ## requests, CPU, memory and database size as the work grows; prints a table
	cargo build --release --locked --bins
	cargo bench --locked --bench cycles
