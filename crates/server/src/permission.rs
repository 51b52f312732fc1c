//! Who may do what: one matrix, and nothing is allowed that is not in it.

use serde::{Deserialize, Serialize};
use sluice_store::TokenKind;
use utoipa::ToSchema;

/// What somebody is to a project, or to all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees everything of a project but the audit log.
    Viewer,
    /// Writes changes; sees what a viewer sees.
    Developer,
    /// Makes releases and has them rolled out.
    Releaser,
    /// Decides at gates.
    Approver,
    /// Pauses, resumes, cancels and retries.
    Operator,
    /// Makes projects and tokens known, reads the audit log.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Viewer, Self::Developer, Self::Releaser, Self::Approver, Self::Operator, Self::Admin];
}

/// What may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Look at a project, its releases, rollouts and databases.
    Read,
    /// Have the branch looked at and what it wants released and rolled out.
    Release,
    /// Approve or reject a rollout.
    Decide,
    /// Pause, resume, cancel or retry a rollout.
    Operate,
    /// Make a project known.
    Configure,
    /// Read the audit log.
    Audit,
    /// Make, list and revoke tokens.
    ManageTokens,
    /// Let agents in, list and revoke them.
    ManageAgents,
}

impl Action {
    /// The roles that may.
    pub fn roles(self) -> &'static [Role] {
        use Role::{Admin, Approver, Operator, Releaser};
        match self {
            Self::Read => &Role::ALL,
            Self::Release => &[Releaser, Admin],
            Self::Decide => &[Approver],
            Self::Operate => &[Operator, Admin],
            Self::Configure | Self::Audit | Self::ManageTokens | Self::ManageAgents => &[Admin],
        }
    }
}

/// A role, and where it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Which.
    pub role: Role,
    /// In this project only; absent: in all, and for what belongs to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// In this environment only, as far as an act is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

/// What an act is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scope<'a> {
    /// Project; absent: about none, or about all.
    pub project: Option<&'a str>,
    /// Environment; absent: about all of the project's.
    pub environment: Option<&'a str>,
}

/// Why an act is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No role that may.
    Role,
    /// A program cannot decide.
    Service,
    /// Whoever makes releases of a project cannot decide about them.
    Separation,
}

/// Whether an act is allowed.
///
/// # Errors
/// Why not.
pub fn check(kind: TokenKind, grants: &[Grant], action: Action, scope: Scope<'_>) -> Result<(), Refusal> {
    if !grants.iter().any(|grant| covers(grant, action, scope)) {
        return Err(Refusal::Role);
    }
    if action == Action::Decide {
        if kind == TokenKind::Service {
            return Err(Refusal::Service);
        }
        // In whatever environment: a release is for all of them.
        let releases =
            |grant: &Grant| Action::Release.roles().contains(&grant.role) && in_project(grant, scope.project);
        if grants.iter().any(releases) {
            return Err(Refusal::Separation);
        }
    }
    Ok(())
}

fn covers(grant: &Grant, action: Action, scope: Scope<'_>) -> bool {
    let environment = match (&grant.environment, scope.environment) {
        (None, _) => true,
        (Some(of), Some(about)) => of == about,
        // Whoever has a role in one environment sees the project that it is part of.
        (Some(_), None) => action == Action::Read,
    };
    action.roles().contains(&grant.role) && in_project(grant, scope.project) && environment
}

fn in_project(grant: &Grant, project: Option<&str>) -> bool {
    grant.project.is_none() || (grant.project.as_deref() == project && project.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(role: Role, project: Option<&str>, environment: Option<&str>) -> Grant {
        Grant { role, project: project.map(str::to_owned), environment: environment.map(str::to_owned) }
    }

    fn in_prod(project: &str) -> Scope<'_> {
        Scope { project: Some(project), environment: Some("prod") }
    }

    #[test]
    fn nothing_is_allowed_without_a_grant() {
        for action in [Action::Read, Action::Decide, Action::ManageTokens] {
            assert_eq!(check(TokenKind::Person, &[], action, in_prod("shop")), Err(Refusal::Role));
        }
    }

    #[test]
    fn a_grant_counts_in_its_project_and_environment_only() {
        let grants = [grant(Role::Approver, Some("shop"), Some("prod"))];
        let check = |action, scope| check(TokenKind::Person, &grants, action, scope);
        assert_eq!(check(Action::Decide, in_prod("shop")), Ok(()));
        assert_eq!(check(Action::Decide, in_prod("other")), Err(Refusal::Role));
        let all = Scope { project: Some("shop"), environment: None };
        assert_eq!(check(Action::Decide, all), Err(Refusal::Role));
        assert_eq!(check(Action::Read, all), Ok(()));
        assert_eq!(check(Action::Read, Scope::default()), Err(Refusal::Role));
    }

    #[test]
    fn who_makes_releases_cannot_decide_and_neither_can_a_program() {
        let both = [grant(Role::Approver, None, None), grant(Role::Releaser, Some("shop"), Some("dev"))];
        assert_eq!(
            check(TokenKind::Person, &both, Action::Decide, in_prod("shop")),
            Err(Refusal::Separation)
        );
        assert_eq!(check(TokenKind::Person, &both, Action::Decide, in_prod("other")), Ok(()));
        let approver = [grant(Role::Approver, None, None)];
        assert_eq!(
            check(TokenKind::Service, &approver, Action::Decide, in_prod("shop")),
            Err(Refusal::Service)
        );
        let admin = [grant(Role::Approver, None, None), grant(Role::Admin, None, None)];
        assert_eq!(
            check(TokenKind::Person, &admin, Action::Decide, in_prod("shop")),
            Err(Refusal::Separation)
        );
    }
}
