# Everything here works on a Debian machine that has Rust, git and a C compiler.

.DEFAULT_GOAL := help
.PHONY: help demo test lint docs bench

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

demo: ## Run the example project: three SQLite databases, two gates, one story
	@cargo build --quiet -p sluice --locked
	@examples/shop/demo.sh

test: ## Install what tests need (PostgreSQL 14-18, MariaDB), then run every test
	@tests/setup.sh
	@cargo test --workspace --locked

lint: ## Formatting, clippy, generated documents
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --locked -- -D warnings
	@cargo xtask generate --check

docs: ## Write the generated documents: CLI reference, JSON schemas
	@cargo xtask generate

bench: ## Measure speed and memory against other tools
	@tests/setup.sh programs postgres
	@benches/setup.sh
	@cargo build --quiet --release -p sluice -p sluice-benches --locked
	@cargo run --quiet --release -p sluice-benches --locked
	@cargo bench --quiet -p sluice-sql --locked
