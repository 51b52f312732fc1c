//! Who must agree before a stage starts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Digest;

/// A person, as git and the configuration write them: `Ann <ann@example.org>` or `ann@example.org`.
///
/// Two identities are certainly the same person when their mail addresses are equal in any case. Without an address the name
/// stands in for it; a name alone never equals an address. They count as one person also when their names are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Identity {
    name: String,
    mail: Option<String>,
}

/// Text that is nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` names nobody: write a mail address, or a name and <mail address>")]
pub struct IdentityError {
    /// As written.
    pub text: String,
}

impl Identity {
    /// Reads `name <mail>`, `mail` or `name`.
    ///
    /// # Errors
    /// [`IdentityError`] for empty text and an empty or unclosed `<…>`.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let error = || IdentityError { text: text.to_owned() };
        let trimmed = text.trim();
        let identity = match trimmed.split_once('<') {
            Some((name, rest)) => {
                let mail = rest.strip_suffix('>').ok_or_else(error)?.trim();
                if mail.is_empty() || mail.contains(['<', '>']) {
                    return Err(error());
                }
                Self { name: name.trim().to_owned(), mail: Some(mail.to_owned()) }
            }
            None if trimmed.contains('@') => Self { name: String::new(), mail: Some(trimmed.to_owned()) },
            None => Self { name: trimmed.to_owned(), mail: None },
        };
        if identity.name.is_empty() && identity.mail.is_none() { Err(error()) } else { Ok(identity) }
    }

    /// What people are told apart by: the mail address in lower case, or the name where there is none.
    pub fn key(&self) -> String {
        self.mail.as_ref().unwrap_or(&self.name).to_lowercase()
    }

    /// Whether both are certainly the same person.
    pub fn is(&self, other: &Self) -> bool {
        self.mail.is_some() == other.mail.is_some() && self.key() == other.key()
    }

    /// Whether both could be the same person: the same mail address or the same name. Used where doubt must exclude: whoever
    /// has two mail addresses is one person.
    pub fn may_be(&self, other: &Self) -> bool {
        let named = !self.name.is_empty() && self.name.to_lowercase() == other.name.to_lowercase();
        named || self.is(other)
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.mail {
            Some(mail) if self.name.is_empty() => f.write_str(mail),
            Some(mail) => write!(f, "{} <{mail}>", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl TryFrom<String> for Identity {
    type Error = IdentityError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Identity> for String {
    fn from(identity: Identity) -> Self {
        identity.to_string()
    }
}

/// Groups of people that approval rules name as `group:NAME`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct People(pub BTreeMap<String, Vec<Identity>>);

impl People {
    /// Adds a group.
    ///
    /// # Errors
    /// [`IdentityError`] for a member that names nobody.
    pub fn insert<T: AsRef<str>>(&mut self, group: &str, members: &[T]) -> Result<(), IdentityError> {
        let members =
            members.iter().map(|member| Identity::parse(member.as_ref())).collect::<Result<_, _>>()?;
        self.0.insert(group.to_owned(), members);
        Ok(())
    }
}

/// Whom a rule accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Approver {
    /// `group:NAME`.
    Group(String),
    /// One person.
    Person(Identity),
}

impl fmt::Display for Approver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(f, "group:{name}"),
            Self::Person(person) => person.fmt(f),
        }
    }
}

impl TryFrom<String> for Approver {
    type Error = IdentityError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.trim().strip_prefix("group:").map(str::trim) {
            Some("") => Err(IdentityError { text }),
            Some(group) => Ok(Self::Group(group.to_owned())),
            None => Identity::parse(&text).map(Self::Person),
        }
    }
}

impl From<Approver> for String {
    fn from(approver: Approver) -> Self {
        approver.to_string()
    }
}

/// `required` of the people in `from` must approve; an empty `from` is everybody.
///
/// One person counts once per rule and may count for several rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// How many, at least 1.
    pub required: u32,
    /// Who may.
    pub from: Vec<Approver>,
    /// Whether the author and the committer of the release count.
    pub allow_author: bool,
}

/// A rule that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// Nobody is required.
    #[error("an approval rule requires {required} approvals: write 1 or more, or remove the rule")]
    Required {
        /// As written.
        required: i64,
    },
    /// An entry of `from` that names nobody.
    #[error(transparent)]
    From(#[from] IdentityError),
    /// A group that is not configured.
    #[error("the approval rule names the unknown group `{group}`: known are {known}")]
    UnknownGroup {
        /// The group.
        group: String,
        /// The configured ones, or `none`.
        known: String,
    },
    /// More approvals than people.
    #[error(
        "the approval rule requires {required} approvals but only {people} people may give them: add people or require fewer"
    )]
    TooFewPeople {
        /// How many are required.
        required: u32,
        /// How many may.
        people: usize,
    },
}

/// Why an approval does not count for a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotCounted {
    /// Not among the rule's people.
    NotEligible,
    /// Is, or may be, the author or committer of the release.
    Author,
    /// Has the name of somebody who counts already.
    SamePerson,
}

impl fmt::Display for NotCounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotEligible => "is not among the people who may approve",
            Self::Author => "is the author or committer of the release",
            Self::SamePerson => "has the name or mail address of somebody who is counted already",
        })
    }
}

/// Whether the authors of a release are known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "authors", rename_all = "kebab-case")]
pub enum Authorship {
    /// There is no repository that could name them: nobody is excluded.
    NoRepository,
    /// The repository should name them and does not: a rule that excludes authors cannot be judged.
    Unknown {
        /// Why.
        reason: String,
    },
    /// All of them.
    #[default]
    Known,
}

impl Authorship {
    /// What holds after something was found out once more. What was known once stays known: the release is the same.
    #[must_use]
    pub fn or(self, later: Self) -> Self {
        match (self, later) {
            (Self::Known, _) | (_, Self::Known) => Self::Known,
            (_, Self::Unknown { reason }) | (Self::Unknown { reason }, _) => Self::Unknown { reason },
            (Self::NoRepository, Self::NoRepository) => Self::NoRepository,
        }
    }
}

/// What a rule says of a list of approvals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// How many are required.
    pub required: u32,
    /// People who count, each once, in the order in which they approved.
    pub counted: Vec<Identity>,
    /// People who do not count, each once.
    pub ignored: Vec<(Identity, NotCounted)>,
}

impl Tally {
    /// How many approvals are missing.
    pub fn missing(&self) -> usize {
        usize::try_from(self.required).unwrap_or(usize::MAX).saturating_sub(self.counted.len())
    }
}

impl ApprovalRule {
    /// Reads a rule: how many, and from whom (`group:NAME`, a mail address, or a name and mail address).
    ///
    /// # Errors
    /// [`ApprovalError::Required`] and [`ApprovalError::From`].
    pub fn parse<T: AsRef<str>>(
        required: i64,
        from: &[T],
        allow_author: bool,
    ) -> Result<Self, ApprovalError> {
        let count = u32::try_from(required)
            .ok()
            .filter(|count| *count > 0)
            .ok_or(ApprovalError::Required { required })?;
        let from =
            from.iter().map(|text| Approver::try_from(text.as_ref().to_owned())).collect::<Result<_, _>>()?;
        Ok(Self { required: count, from, allow_author })
    }

    /// Checks that its groups exist and have enough people.
    ///
    /// # Errors
    /// [`ApprovalError::UnknownGroup`] and [`ApprovalError::TooFewPeople`].
    pub fn check(&self, people: &People) -> Result<(), ApprovalError> {
        if self.from.is_empty() {
            return Ok(());
        }
        let mut may = BTreeSet::new();
        for approver in &self.from {
            match approver {
                Approver::Person(person) => {
                    may.insert(person.key());
                }
                Approver::Group(group) => {
                    let members = people.0.get(group).ok_or_else(|| ApprovalError::UnknownGroup {
                        group: group.clone(),
                        known: match people.0.is_empty() {
                            true => "none".to_owned(),
                            false => people.0.keys().cloned().collect::<Vec<_>>().join(", "),
                        },
                    })?;
                    may.extend(members.iter().map(Identity::key));
                }
            }
        }
        match usize::try_from(self.required) {
            Ok(required) if required <= may.len() => Ok(()),
            _ => Err(ApprovalError::TooFewPeople { required: self.required, people: may.len() }),
        }
    }

    /// Whether `person` may approve (or reject) under this rule.
    ///
    /// # Errors
    /// [`NotCounted`] says why not.
    pub fn eligible(
        &self,
        person: &Identity,
        people: &People,
        authors: &[Identity],
    ) -> Result<(), NotCounted> {
        let accepted = self.from.is_empty()
            || self.from.iter().any(|approver| match approver {
                Approver::Person(accepted) => accepted.is(person),
                Approver::Group(group) => {
                    people.0.get(group).is_some_and(|members| members.iter().any(|member| member.is(person)))
                }
            });
        if !accepted {
            return Err(NotCounted::NotEligible);
        }
        if !self.allow_author && authors.iter().any(|author| author.may_be(person)) {
            return Err(NotCounted::Author);
        }
        Ok(())
    }

    /// Counts approvals.
    pub fn tally<'a>(
        &self,
        approvals: impl IntoIterator<Item = &'a Identity>,
        people: &People,
        authors: &[Identity],
    ) -> Tally {
        let mut tally = Tally { required: self.required, counted: Vec::new(), ignored: Vec::new() };
        let mut seen: Vec<&Identity> = Vec::new();
        for person in approvals {
            if seen.iter().any(|other| other.is(person)) {
                continue;
            }
            seen.push(person);
            match self.eligible(person, people, authors) {
                Ok(()) if tally.counted.iter().any(|other| other.may_be(person)) => {
                    tally.ignored.push((person.clone(), NotCounted::SamePerson));
                }
                Ok(()) => tally.counted.push(person.clone()),
                Err(why) => tally.ignored.push((person.clone(), why)),
            }
        }
        tally
    }
}

impl fmt::Display for ApprovalRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from: Vec<String> = self.from.iter().map(ToString::to_string).collect();
        let from = if from.is_empty() { "anybody".to_owned() } else { from.join(", ") };
        write!(f, "{} from {from}", self.required)
    }
}

/// An approval that was given, and what it was given for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: Identity,
    /// For this environment only; absent: for every stage of the rollout.
    pub environment: Option<String>,
    /// The release that was looked at.
    pub release: Digest,
    /// Effect of the plan that was looked at. An approval counts as long as the plan has this effect.
    pub effect: Digest,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(text: &str) -> Identity {
        Identity::parse(text).unwrap()
    }

    fn people() -> People {
        let mut people = People::default();
        people.insert("dba", &["Ann <ann@x.org>", "bob@x.org", "Cy <CY@x.org>"]).unwrap();
        people
    }

    #[test]
    fn people_are_told_apart_by_mail_in_any_case() {
        assert!(who("Ann <ann@x.org>").is(&who("ANN@X.ORG")));
        assert!(!who("ann").is(&who("ann <ann@x.org>")));
        assert!(who("ann").may_be(&who("Ann <ann@x.org>")));
        assert!(who("Ann <ann@x.org>").may_be(&who("ANN <ann@y.org>")));
        assert!(!who("Ann <ann@x.org>").is(&who("Ann <ann@y.org>")));
        assert!(!who("ann@x.org").may_be(&who("bob@x.org")));
        for text in ["", "  ", "Ann <", "Ann <>", "<a<b>"] {
            assert!(Identity::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn one_person_counts_once_and_never_as_author() {
        let rule = ApprovalRule::parse(2, &["group:dba", "dora@x.org"], false).unwrap();
        let given = [who("ann@x.org"), who("Ann <Ann@X.org>"), who("eve@x.org"), who("bob@x.org")];
        let tally = rule.tally(&given, &people(), &[who("Bob <BOB@x.org>")]);
        assert_eq!(tally.counted, [who("ann@x.org")]);
        assert_eq!(
            tally.ignored,
            [(who("eve@x.org"), NotCounted::NotEligible), (who("bob@x.org"), NotCounted::Author)]
        );
        assert_eq!(tally.missing(), 1);
        let lenient = ApprovalRule { allow_author: true, ..rule };
        assert_eq!(lenient.tally(&given, &people(), &[who("bob@x.org")]).missing(), 0);
    }

    #[test]
    fn two_addresses_of_one_name_are_one_person_for_authors_and_in_the_tally() {
        let rule = ApprovalRule::parse::<&str>(2, &[], false).unwrap();
        let given = [who("Ann <ann@x.org>"), who("ann <ann@home.org>"), who("Bob <b@home.org>")];
        let tally = rule.tally(&given, &People::default(), &[who("Bob <bob@x.org>")]);
        assert_eq!(tally.counted, [who("Ann <ann@x.org>")]);
        assert_eq!(
            tally.ignored,
            [(given[1].clone(), NotCounted::SamePerson), (given[2].clone(), NotCounted::Author)]
        );
    }

    #[test]
    fn an_author_without_a_mail_address_is_excluded_by_name() {
        let rule = ApprovalRule::parse(1, &["group:dba"], false).unwrap();
        assert_eq!(rule.eligible(&who("Ann <ann@x.org>"), &people(), &[who("ann")]), Err(NotCounted::Author));
    }

    #[test]
    fn rules_that_cannot_work_are_refused() {
        assert_eq!(
            ApprovalRule::parse(0, &["group:dba"], false),
            Err(ApprovalError::Required { required: 0 })
        );
        assert!(ApprovalRule::parse(1, &["group:"], false).is_err());
        let unknown = ApprovalRule::parse(1, &["group:ops"], false).unwrap();
        assert_eq!(
            unknown.check(&people()).unwrap_err().to_string(),
            "the approval rule names the unknown group `ops`: known are dba"
        );
        let many = ApprovalRule::parse(4, &["group:dba", "ann@x.org"], false).unwrap();
        assert_eq!(many.check(&people()), Err(ApprovalError::TooFewPeople { required: 4, people: 3 }));
        assert_eq!(ApprovalRule::parse::<&str>(4, &[], false).unwrap().check(&people()), Ok(()));
    }
}
