use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Numbers that decide what a statement is; where they end, the first choice is taken, so that small inputs are simple.
pub struct Choices(std::vec::IntoIter<u16>);

impl Choices {
    pub fn new(numbers: Vec<u16>) -> Self {
        Self(numbers.into_iter())
    }

    /// One of several.
    pub fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let number = usize::from(self.0.next().unwrap_or_default());
        all[number % all.len()]
    }

    /// Yes, once in `times`.
    pub fn once_in(&mut self, times: u16) -> bool {
        self.0.next().unwrap_or_default() % times == times - 1
    }

    /// `text` once in `times`.
    pub fn maybe(&mut self, times: u16, text: &str) -> String {
        if self.once_in(times) { text.to_owned() } else { String::new() }
    }

    /// One to `most` of what `make` makes.
    pub fn several(&mut self, most: u16, mut make: impl FnMut(&mut Self) -> String) -> String {
        let count = 1 + self.0.next().unwrap_or_default() % most;
        (0..count).map(|_| make(self)).collect::<Vec<_>>().join(", ")
    }
}

/// Statements that `make` makes of choices.
pub fn statements(make: fn(&mut Choices) -> String, most: usize) -> impl Strategy<Value = Vec<String>> {
    let one =
        prop::collection::vec(any::<u16>(), 0..40).prop_map(move |numbers| make(&mut Choices::new(numbers)));
    prop::collection::vec(one, 1..most)
}

/// The same cases in every run, so that a change is judged by what it does; `SLUICE_REPLAY_CASES` explores.
pub fn cases(count: u32) -> ProptestConfig {
    let asked = std::env::var("SLUICE_REPLAY_CASES").ok().and_then(|count| count.parse().ok());
    let rng_seed = if asked.is_some() { RngSeed::Random } else { RngSeed::Fixed(0) };
    ProptestConfig {
        rng_seed,
        cases: asked.unwrap_or(count),
        failure_persistence: None,
        max_shrink_iters: 2000,
        ..ProptestConfig::default()
    }
}
