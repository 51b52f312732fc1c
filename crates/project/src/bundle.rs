//! A release as one signed file, for where the repository is not: agents, and servers of other regions.
//!
//! The file is a DSSE envelope in JSON: the content in base64, and one Ed25519 signature over it. Nothing of the content is read before
//! the signature of a trusted key holds; a file that is not byte for byte what [`seal`] writes is refused.

mod key;

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use sluice_rollout::{Digest, Provenance};

use crate::config::FILE_NAME;
use crate::{Project, ProjectError};

pub use key::{KeyError, PublicKey, SigningKey};

/// The format that this version writes, and the newest that it reads.
const FORMAT: u32 = 1;
/// What the signature says that it is about.
const PAYLOAD_TYPE: &str = "application/vnd.sluice.release+json";
/// Most bytes of a bundle.
pub const LIMIT: usize = 64 * 1024 * 1024;

/// Why there is no bundle, or why one is refused.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is too large.
    #[error("a bundle has at most {} MiB", LIMIT / 1024 / 1024)]
    TooLarge,
    /// It is no bundle, or not whole.
    #[error("the bundle is damaged: {0}")]
    Damaged(String),
    /// Written by a newer version.
    #[error("the bundle has format {found}, and this version of sluice knows formats up to {FORMAT}")]
    Newer {
        /// Its format.
        found: u32,
    },
    /// Signed by somebody else.
    #[error("the bundle is signed by {signer}, which is not trusted")]
    Untrusted {
        /// Public key, as far as it says.
        signer: String,
    },
    /// The content is not what was signed.
    #[error("the signature of the bundle does not hold: its content was changed after it was signed")]
    Forged,
    /// A path that leads elsewhere.
    #[error("the bundle names the file `{0}`, which is outside of a project")]
    Path(String),
    /// What is in it is another release than it says.
    #[error("the bundle says that it is release {said}, and its files are release {found}")]
    OtherRelease {
        /// What it says.
        said: Digest,
        /// What its files are.
        found: Digest,
    },
    /// A file that cannot be read or written.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// Its files make no project.
    #[error(transparent)]
    Project(#[from] ProjectError),
}

impl BundleError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::TooLarge => {
                "leave out what is no migration: everything in the folders of the migrations is bundled"
            }
            Self::Newer { .. } => "use a newer sluice",
            Self::Untrusted { .. } => "trust the key with --trust if you know whose it is",
            Self::File { .. } => "check the path and its permissions",
            _ => "have it made and sent again",
        }
    }
}

/// The envelope. The order of the keys is part of the format.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    schema: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    /// Public key in hexadecimal digits.
    keyid: String,
    sig: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    format: u32,
    project: String,
    digest: Digest,
    provenance: Provenance,
    files: BTreeMap<String, String>,
}

/// Only what every format has.
#[derive(Debug, Deserialize)]
struct Head {
    format: u32,
}

/// A release whose signature holds.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// Who has signed it.
    pub signer: PublicKey,
    /// Name of the project.
    pub project: String,
    /// The release.
    pub digest: Digest,
    /// Where it comes from.
    pub provenance: Provenance,
    files: BTreeMap<String, String>,
}

/// Signs bytes.
pub trait Signer {
    /// The public key, in hexadecimal digits.
    fn key_id(&self) -> String;
    /// An Ed25519 signature.
    fn sign(&self, bytes: &[u8]) -> Vec<u8>;
}

/// Makes the bundle of a project as it is on disk; `config` is its configuration file. The same project, provenance and key make the
/// same bytes.
///
/// # Errors
/// Files that cannot be read, or are too many.
pub fn seal(
    project: &Project,
    config: &Path,
    provenance: Provenance,
    signer: &dyn Signer,
) -> Result<String, BundleError> {
    let mut files = BTreeMap::new();
    let mut size = 0;
    let file = project.root.join(config);
    let text = std::fs::read_to_string(&file).map_err(|error| BundleError::File { path: file, error })?;
    files.insert(FILE_NAME.to_owned(), text);
    let section = &project.config.project;
    for folder in section.migrations.iter().chain(&section.schema) {
        collect(&project.root, Path::new(folder), &mut files, &mut size)?;
    }
    let renames = project.root.join(".sluice-renames");
    if let Ok(text) = std::fs::read_to_string(renames) {
        files.insert(".sluice-renames".to_owned(), text);
    }
    let content = Content {
        format: FORMAT,
        project: section.name.clone(),
        digest: project.digest(),
        provenance,
        files,
    };
    let content = to_json(&content)?;
    let envelope = Envelope {
        schema: format!("sluice/bundle/v{FORMAT}"),
        payload_type: PAYLOAD_TYPE.to_owned(),
        payload: BASE64_STANDARD.encode(&content),
        signatures: vec![Signature {
            keyid: signer.key_id(),
            sig: BASE64_STANDARD.encode(signer.sign(&signed(content.as_bytes()))),
        }],
    };
    let text = format!("{}\n", to_json(&envelope)?);
    if text.len() > LIMIT { Err(BundleError::TooLarge) } else { Ok(text) }
}

fn to_json(value: &impl Serialize) -> Result<String, BundleError> {
    serde_json::to_string(value).map_err(|error| BundleError::Damaged(error.to_string()))
}

/// What is signed, as DSSE has it.
fn signed(content: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), content.len());
    [head.as_bytes(), content].concat()
}

/// Every text in a folder, or the file of that name. What is no text is no migration.
fn collect(
    root: &Path,
    path: &Path,
    files: &mut BTreeMap<String, String>,
    size: &mut usize,
) -> Result<(), BundleError> {
    let full = root.join(path);
    let failed = |error| BundleError::File { path: full.clone(), error };
    if full.is_dir() {
        for entry in std::fs::read_dir(&full).map_err(failed)? {
            collect(root, &path.join(entry.map_err(failed)?.file_name()), files, size)?;
        }
        return Ok(());
    }
    let Some(name) = path.to_str() else { return Ok(()) };
    let bytes = std::fs::read(&full).map_err(failed)?;
    *size = size.saturating_add(bytes.len());
    if *size > LIMIT {
        return Err(BundleError::TooLarge);
    }
    if let Ok(text) = String::from_utf8(bytes) {
        files.insert(name.trim_start_matches("./").to_owned(), text);
    }
    Ok(())
}

impl Bundle {
    /// Reads a bundle that one of these keys has signed.
    ///
    /// # Errors
    /// Everything else.
    pub fn open(bytes: &[u8], trusted: &[PublicKey]) -> Result<Self, BundleError> {
        if bytes.len() > LIMIT {
            return Err(BundleError::TooLarge);
        }
        let damaged = |what: &str| BundleError::Damaged(what.to_owned());
        let envelope: Envelope =
            serde_json::from_slice(bytes).map_err(|error| BundleError::Damaged(error.to_string()))?;
        let format = envelope.schema.strip_prefix("sluice/bundle/v").and_then(|text| text.parse().ok());
        match format {
            Some(FORMAT) => {}
            Some(found) if found > FORMAT => return Err(BundleError::Newer { found }),
            _ => return Err(damaged("it is no bundle of sluice")),
        }
        let [signature] = envelope.signatures.as_slice() else {
            return Err(damaged("it must have one signature"));
        };
        let untrusted = || BundleError::Untrusted { signer: signature.keyid.chars().take(64).collect() };
        let signer = trusted.iter().find(|key| key.to_string() == signature.keyid).ok_or_else(untrusted)?;
        if envelope.payload_type != PAYLOAD_TYPE
            || to_json(&envelope)?.as_bytes() != bytes.strip_suffix(b"\n").unwrap_or_default()
        {
            return Err(damaged("it is not written as sluice writes it"));
        }
        let decode = |text: &str| BASE64_STANDARD.decode(text).map_err(|_| damaged("it is not in base64"));
        let (content, signature) = (decode(&envelope.payload)?, decode(&signature.sig)?);
        if !signer.verifies(&signed(&content), &signature) {
            return Err(BundleError::Forged);
        }
        let Head { format } =
            serde_json::from_slice(&content).map_err(|error| BundleError::Damaged(error.to_string()))?;
        if format > FORMAT {
            return Err(BundleError::Newer { found: format });
        }
        let Content { project, digest, provenance, files, .. } =
            serde_json::from_slice(&content).map_err(|error| BundleError::Damaged(error.to_string()))?;
        Ok(Self { signer: *signer, project, digest, provenance, files })
    }

    /// Writes its files into a folder, which is made, and reads the project from there.
    ///
    /// # Errors
    /// Paths that lead out of the folder; files that are another release than the bundle says.
    pub fn unpack(&self, folder: &Path) -> Result<Project, BundleError> {
        for (name, text) in &self.files {
            let path = Path::new(name);
            if name.is_empty() || !path.components().all(|part| matches!(part, Component::Normal(_))) {
                return Err(BundleError::Path(name.clone()));
            }
            let path = folder.join(path);
            let failed = |error| BundleError::File { path: path.clone(), error };
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(failed)?;
            }
            std::fs::write(&path, text).map_err(failed)?;
        }
        let project = Project::load(&folder.join(FILE_NAME))?;
        let found = project.digest();
        if found != self.digest {
            return Err(BundleError::OtherRelease { said: self.digest.clone(), found });
        }
        Ok(project)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 3] = [
        (FILE_NAME, "[project]\nname = \"shop\"\n"),
        ("migrations/1_a.sql", "create table a (id int);\n"),
        ("migrations/more/2_b.sql", "create table b (id int);\n"),
    ];

    fn key() -> SigningKey {
        SigningKey::generate().expect("a key")
    }

    fn public(key: &SigningKey) -> PublicKey {
        key.key_id().parse().expect("a key")
    }

    fn sealed(key: &SigningKey) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, content) in FILES {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        }
        let project = Project::load(&folder.path().join(FILE_NAME)).expect("a project");
        let text = seal(&project, Path::new(FILE_NAME), Provenance::default(), key).expect("a bundle");
        (folder, text)
    }

    #[test]
    fn a_bundle_is_the_same_release_elsewhere_and_made_again_the_same_bytes() {
        let key = key();
        let (folder, text) = sealed(&key);
        let project = Project::load(&folder.path().join(FILE_NAME)).expect("a project");
        let again = seal(&project, Path::new(FILE_NAME), Provenance::default(), &key).expect("a bundle");
        assert_eq!(text, again);
        let bundle = Bundle::open(text.as_bytes(), &[public(&key)]).expect("it is signed");
        let elsewhere = tempfile::tempdir().expect("a folder");
        let unpacked = bundle.unpack(&elsewhere.path().join("new")).expect("it is whole");
        assert_eq!((unpacked.digest(), bundle.project.as_str()), (project.digest(), "shop"));
    }

    #[test]
    fn no_byte_can_be_changed_and_none_can_be_missing() {
        let key = key();
        let (_folder, text) = sealed(&key);
        let trusted = [public(&key)];
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            assert!(Bundle::open(&bytes, &trusted).is_err(), "byte {at} of {text}");
            assert!(Bundle::open(&text.as_bytes()[..at], &trusted).is_err(), "the first {at} bytes");
        }
        assert!(Bundle::open(format!("{text} ").as_bytes(), &trusted).is_err());
    }

    #[test]
    fn somebody_elses_a_newer_and_a_lying_bundle_are_refused_with_the_reason() {
        let (key, stranger) = (key(), key());
        let (_folder, text) = sealed(&key);
        let refusal = |text: &str, trusted: &[PublicKey]| {
            Bundle::open(text.as_bytes(), trusted).map(drop).expect_err("a refusal").to_string()
        };
        let other = public(&stranger);
        assert_eq!(
            refusal(&text, &[other]),
            format!("the bundle is signed by {}, which is not trusted", key.key_id())
        );
        assert!(refusal(&text, &[]).contains("not trusted"));
        // Another key is named than the one that has signed.
        let posed = text.replace(&key.key_id(), &other.to_string());
        assert!(refusal(&posed, &[other]).contains("does not hold"), "{posed}");
        let newer = text.replace("sluice/bundle/v1", "sluice/bundle/v2");
        assert!(refusal(&newer, &[public(&key)]).contains("format 2"));
        assert!(refusal("{}", &[public(&key)]).contains("damaged"));
    }

    #[test]
    fn a_file_outside_of_the_folder_is_never_written() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["../a", "/a", "a/../../b", "", "./a/../b"] {
            let bundle = Bundle {
                signer: public(&key()),
                project: "shop".to_owned(),
                digest: Digest(String::new()),
                provenance: Provenance::default(),
                files: BTreeMap::from([(name.to_owned(), String::new())]),
            };
            let error = bundle.unpack(&folder.path().join("inside")).map(drop).expect_err("a refusal");
            assert!(matches!(error, BundleError::Path(_)), "{name}: {error}");
        }
    }
}
