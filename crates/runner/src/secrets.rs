use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use sluice_project::secret::{self, Secret, SecretError, SecretRef};
use tokio_util::sync::CancellationToken;

/// What a program or Vault answered, by the reference: both are asked once in a process, however many databases share a
/// reference and however often each is connected to, and whether there was a secret or an error.
#[derive(Debug, Default)]
pub struct Secrets {
    known: Mutex<HashMap<String, Slot>>,
}

/// Locked while it is asked for, so that all who want the same secret wait for one answer.
type Slot = Arc<Mutex<Held>>;

#[derive(Debug, Default)]
struct Held {
    answer: Option<Result<Secret, Arc<SecretError>>>,
    /// The secret before this one, which a database refused.
    refused: Option<Secret>,
}

impl Secrets {
    /// The secret, and whether it was known before: then it may have changed since.
    ///
    /// # Errors
    /// As [`secret::resolve`].
    pub fn resolve(
        &self,
        reference: &SecretRef,
        base: &Path,
        cancel: &CancellationToken,
    ) -> Result<(Secret, bool), Arc<SecretError>> {
        let ask = || secret::resolve(reference, base, &|| cancel.is_cancelled()).map_err(Arc::new);
        if !is_asked(reference) {
            return Ok((ask()?, false));
        }
        let slot = self.slot(reference);
        let mut held = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = &held.answer {
            return Ok((answer.clone()?, true));
        }
        let answer = ask();
        if !matches!(answer.as_ref().map_err(|error| &**error), Err(SecretError::Cancelled { .. })) {
            held.answer = Some(answer.clone());
        }
        Ok((answer?, false))
    }

    /// Asks again the next time: the database did not take `refused`. Answers whether that may give another secret: it does not
    /// when asking again has just given the same.
    pub fn forget(&self, reference: &SecretRef, refused: &str) -> bool {
        if !is_asked(reference) {
            return true;
        }
        let slot = self.slot(reference);
        let mut held = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let is_refused = |secret: Option<&Secret>| secret.is_some_and(|secret| secret.expose() == refused);
        // Another thread may have asked again meanwhile.
        if !is_refused(held.answer.as_ref().and_then(|answer| answer.as_ref().ok())) {
            return true;
        }
        if is_refused(held.refused.as_ref()) {
            return false;
        }
        held.answer = None;
        held.refused = Some(Secret::new(refused));
        true
    }

    fn slot(&self, reference: &SecretRef) -> Slot {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(reference.to_string()).or_default())
    }
}

/// Whether a program or a server is asked for it.
fn is_asked(reference: &SecretRef) -> bool {
    matches!(reference, SecretRef::Exec(_) | SecretRef::Vault { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go_on() -> CancellationToken {
        CancellationToken::new()
    }

    #[test]
    fn a_program_is_asked_once_and_again_after_its_answer_was_refused() {
        let folder = std::env::temp_dir().join(format!("sluice-secrets-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let reference: SecretRef = "exec:sh -c 'echo asked >> log; wc -l < log'".parse().unwrap();
        let secrets = Secrets::default();
        let ask = || {
            let (secret, known) = secrets.resolve(&reference, &folder, &go_on()).unwrap();
            (secret.expose().trim().to_owned(), known)
        };
        let _ = std::fs::remove_file(folder.join("log"));
        assert_eq!(ask(), ("1".to_owned(), false));
        assert_eq!(ask(), ("1".to_owned(), true));
        assert!(secrets.forget(&reference, "something else"));
        assert_eq!(ask(), ("1".to_owned(), true));
        let refused = secrets.resolve(&reference, &folder, &go_on()).unwrap().0;
        assert!(secrets.forget(&reference, refused.expose()));
        assert_eq!(ask(), ("2".to_owned(), false));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_program_that_gives_the_refused_secret_again_is_not_asked_a_third_time() {
        let secrets = Secrets::default();
        let reference: SecretRef = "exec:echo wrong".parse().unwrap();
        let ask = || secrets.resolve(&reference, Path::new("."), &go_on()).unwrap().1;
        assert!(!ask());
        assert!(secrets.forget(&reference, "wrong"));
        assert!(!ask());
        assert!(!secrets.forget(&reference, "wrong"));
        assert!(ask());
    }

    #[test]
    fn an_error_is_an_answer_too_and_a_cancellation_is_none() {
        let folder = std::env::temp_dir().join(format!("sluice-answers-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let _ = std::fs::remove_file(folder.join("log"));
        let reference: SecretRef = "exec:sh -c 'echo asked >> log; exit 1'".parse().unwrap();
        let secrets = Secrets::default();
        let stopped = go_on();
        stopped.cancel();
        let error = secrets.resolve(&reference, &folder, &stopped).unwrap_err();
        assert!(matches!(*error, SecretError::Cancelled { .. }), "{error}");
        for _ in 0..3 {
            let error = secrets.resolve(&reference, &folder, &go_on()).unwrap_err();
            assert!(matches!(*error, SecretError::ProgramFailed { .. }), "{error}");
        }
        assert_eq!(std::fs::read_to_string(folder.join("log")).unwrap(), "asked\n");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
