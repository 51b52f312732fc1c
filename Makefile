# Everything here works on a Debian machine that has Rust, git and a C compiler.

.DEFAULT_GOAL := help
.PHONY: help demo test faults kill-loop pairs fuzz lint docs bench

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

demo: ## Run the example project: three SQLite databases, two gates, one story
	@cargo build --quiet -p sluice --locked
	@examples/shop/demo.sh

test: ## Install what tests need (PostgreSQL 14-18, MariaDB), then run every test
	@tests/setup.sh
	@cargo test --workspace --locked --no-fail-fast

faults: ## Every fault at every point on every engine, and a kill at every system call
	@tests/setup.sh
	@SLUICE_MATRIX=full SLUICE_SWEEP=all cargo test --locked -p sluice-faults

kill-loop: ## Kill deployments at 200 random moments on every engine
	@tests/setup.sh
	@SLUICE_KILLS=200 cargo test --locked -p sluice-faults -- killed_at_any_moment

pairs: ## Lead every old schema of the corpus to its new one and back, and each to files and back
	@tests/setup.sh
	@PAIRS=all cargo test --locked -p sluice-pairs -- --nocapture

fuzz: ## Let a fuzzer try every promise for a minute (FUZZ_SECONDS=60)
	@fuzz/run.sh

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
