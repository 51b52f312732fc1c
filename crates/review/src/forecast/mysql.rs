use sluice_text::Evidence;

use super::{Forecast, Question};

/// What a statement locks and how much it does.
pub(super) fn forecast(_question: &Question<'_>) -> Forecast {
    Forecast::nothing(Evidence::Assumed)
}
