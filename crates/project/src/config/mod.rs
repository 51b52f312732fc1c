//! `sluice.toml`: strict, with places and suggestions in every error.
