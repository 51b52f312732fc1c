use std::path::Path;

use sluice_rollout::{ChangeKind, Digest, Provenance};
use sluice_store::audit::{Act, Outcome};
use sluice_store::{
    NewRollout, Observation, Place, ProjectState, State, Store, StoredChange, StoredProject, StoredRelease,
};
use sluice_testkit::{TestDatabase, newest_postgres, postgres};
use tempfile::TempDir;

/// Where the state of one test is.
pub struct Site {
    folder: TempDir,
    place: Place,
    database: Option<TestDatabase>,
}

impl Site {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { place: Place::folder(folder.path()), folder, database: None }
    }

    pub fn postgres() -> Self {
        Self::on(newest_postgres().database())
    }

    /// The oldest version that is supported.
    pub fn old_postgres() -> Self {
        Self::on(postgres(14).database())
    }

    pub fn on(database: TestDatabase) -> Self {
        let place = Place::postgres(database.url()).unwrap();
        Self { folder: tempfile::tempdir().unwrap(), place, database: Some(database) }
    }

    /// What a server opens.
    pub fn open(&self) -> Store {
        self.place.open_server().unwrap()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn database(&self) -> &TestDatabase {
        self.database.as_ref().unwrap()
    }

    /// The state as another process sees it.
    pub fn replica(&self) -> Place {
        match &self.database {
            Some(database) => Place::postgres(database.url()).unwrap(),
            None => Place::folder(self.folder()),
        }
    }

    pub fn of_project(&self, name: &str) -> State {
        State::of_project(&self.place, self.folder(), name)
    }

    /// A store with release `1111…` of shop and rollout `id`.
    pub fn with_rollout(&self, id: &str) -> Store {
        let mut store = self.open();
        store.put_release(&release("shop", "1111")).unwrap();
        store.create_rollout(&rollout(id)).unwrap();
        store
    }
}

/// Tells a story on both databases.
macro_rules! on_both {
    ($(fn $name:ident($site:ident) $body:block)*) => { $(
        mod $name {
            #[allow(unused_imports, reason = "what one story needs, another does not")]
            use super::*;

            fn story($site: &$crate::kit::Site) $body

            #[test]
            fn on_sqlite() {
                story(&$crate::kit::Site::sqlite());
            }

            #[test]
            fn on_postgres() {
                story(&$crate::kit::Site::postgres());
            }
        }
    )* };
}
pub(crate) use on_both;

pub fn digest(hex: &str) -> Digest {
    Digest(format!("sha256:{hex:0<64}"))
}

pub fn release(project: &str, hex: &str) -> StoredRelease {
    StoredRelease {
        digest: digest(hex),
        project: project.to_owned(),
        created_at: String::new(),
        provenance: Provenance { commit: Some("abc".to_owned()), ..Provenance::default() },
        changes: vec![StoredChange {
            path: "migrations/1_orders.sql".to_owned(),
            version: "1".to_owned(),
            name: "orders".to_owned(),
            kind: ChangeKind::Versioned,
            checksum: "sha256:00".to_owned(),
        }],
        configuration: "{}".to_owned(),
    }
}

pub fn rollout(id: &str) -> NewRollout {
    NewRollout {
        id: id.to_owned(),
        release: digest("1111"),
        plan: digest("9"),
        status: "running".to_owned(),
        state: "{\"n\":0}".to_owned(),
    }
}

pub fn observation(state: ProjectState) -> Observation {
    Observation { state, message: "why".to_owned(), commit: Some("abc".to_owned()), release: None }
}

pub fn project(name: &str) -> StoredProject {
    StoredProject {
        name: name.to_owned(),
        url: "https://example.com/shop".to_owned(),
        branch: "main".to_owned(),
        path: String::new(),
        interval_seconds: 180,
        created_at: String::new(),
        created_by: "Ann <ann@example.com>".to_owned(),
        seen: observation(ProjectState::New),
        seen_at: None,
    }
}

pub fn act(number: usize) -> Act {
    Act {
        actor: format!("Ann <ann{number}@example.com>"),
        action: "rollout.approve".to_owned(),
        project: "shop".to_owned(),
        subject: format!("r-{number}"),
        outcome: Outcome::Accepted,
        detail: serde_json::json!({ "zone": "späť \"<b>\"", "plan": { "b": [1, 2.5, null], "a": true } }),
    }
}
