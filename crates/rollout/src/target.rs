use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Name of a database, unique in a project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TargetName(pub String);

impl std::fmt::Display for TargetName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// One database of one environment, as selectors see it. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Unique name.
    pub name: TargetName,
    /// Environment that it belongs to.
    pub environment: String,
    /// `postgres`, `mysql`, `mariadb` or `sqlite`; absent where only the resolved URL can tell.
    pub engine: Option<String>,
    /// Labels such as `region` and `tenant`.
    pub labels: BTreeMap<String, String>,
}
