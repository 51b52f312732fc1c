use sluice_engine::drift::OnDrift;
use sluice_project::config::{Config, DriftResponse};

/// What is to be done about drift before changes are applied, where it is looked for.
pub fn response(config: &Config) -> Option<OnDrift> {
    match config.policy.drift {
        DriftResponse::Off => None,
        DriftResponse::Error => Some(OnDrift::Refuse),
        DriftResponse::Warn => Some(OnDrift::Warn),
        DriftResponse::Adopt => Some(OnDrift::Adopt),
    }
}
