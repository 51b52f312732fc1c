use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use sluice_project::secret::{self, Secret, SecretError, SecretRef};

/// Secrets that a program or Vault gave, by their reference: both are asked once in a process, however many databases share
/// a reference and however often each is connected to.
#[derive(Debug, Default)]
pub struct Secrets {
    known: Mutex<HashMap<String, Slot>>,
}

/// Held while it is asked for, so that all who want the same secret wait for one answer.
type Slot = Arc<Mutex<Option<Secret>>>;

impl Secrets {
    /// The secret, and whether it was known before: then it may have changed since.
    ///
    /// # Errors
    /// As [`secret::resolve`].
    pub fn resolve(&self, reference: &SecretRef, base: &Path) -> Result<(Secret, bool), SecretError> {
        if !matches!(reference, SecretRef::Exec(_) | SecretRef::Vault { .. }) {
            return Ok((secret::resolve(reference, base)?, false));
        }
        let slot = self.slot(reference);
        let mut held = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = &*held {
            return Ok((secret.clone(), true));
        }
        let secret = secret::resolve(reference, base)?;
        *held = Some(secret.clone());
        Ok((secret, false))
    }

    /// Asks again the next time: the database did not take `refused`.
    pub fn forget(&self, reference: &SecretRef, refused: &str) {
        let slot = self.slot(reference);
        let mut held = slot.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have asked again meanwhile.
        if held.as_ref().is_some_and(|secret| secret.expose() == refused) {
            *held = None;
        }
    }

    fn slot(&self, reference: &SecretRef) -> Slot {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(reference.to_string()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_asked_once_and_again_after_its_answer_was_refused() {
        let folder = std::env::temp_dir().join(format!("sluice-secrets-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let reference: SecretRef = "exec:sh -c 'echo asked >> log; wc -l < log'".parse().unwrap();
        let secrets = Secrets::default();
        let ask = || {
            let (secret, known) = secrets.resolve(&reference, &folder).unwrap();
            (secret.expose().trim().to_owned(), known)
        };
        let _ = std::fs::remove_file(folder.join("log"));
        assert_eq!(ask(), ("1".to_owned(), false));
        assert_eq!(ask(), ("1".to_owned(), true));
        secrets.forget(&reference, "something else");
        assert_eq!(ask(), ("1".to_owned(), true));
        secrets.forget(&reference, secrets.resolve(&reference, &folder).unwrap().0.expose());
        assert_eq!(ask(), ("2".to_owned(), false));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_secret_that_could_not_be_had_is_asked_for_again() {
        let secrets = Secrets::default();
        let reference: SecretRef = "exec:false".parse().unwrap();
        for _ in 0..2 {
            assert!(secrets.resolve(&reference, Path::new(".")).is_err());
        }
    }
}
