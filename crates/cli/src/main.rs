//! The binary `sluice`.

/// A quarter of a review was the C library's allocator; see docs/decisions/0011.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    sluice::main().into()
}
