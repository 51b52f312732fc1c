use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::key::Algorithm;

/// What is known of the issuers of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// GitHub Actions.
    Github,
    /// GitLab CI/CD.
    Gitlab,
    /// Bitbucket Pipelines.
    Bitbucket,
    /// Azure Pipelines, through a service connection.
    AzureDevops,
    /// Forgejo Actions.
    Forgejo,
    /// Buildkite.
    Buildkite,
    /// CircleCI.
    Circleci,
    /// Any other.
    Custom,
}

impl Preset {
    /// The URL, where all customers of a product have the same.
    pub fn url(self) -> Option<&'static str> {
        match self {
            Self::Github => Some("https://token.actions.githubusercontent.com"),
            Self::Gitlab => Some("https://gitlab.com"),
            Self::Buildkite => Some("https://agent.buildkite.com"),
            Self::Bitbucket | Self::AzureDevops | Self::Forgejo | Self::Circleci | Self::Custom => None,
        }
    }

    /// What the URL looks like, for people who have to give it.
    pub fn url_form(self) -> &'static str {
        match self {
            Self::Github => "https://token.actions.githubusercontent.com, or https://HOST/_services/token",
            Self::Gitlab => "https://gitlab.com, or https://HOST",
            Self::Bitbucket => {
                "https://api.bitbucket.org/2.0/workspaces/WORKSPACE/pipelines-config/identity/oidc"
            }
            Self::AzureDevops => "https://vstoken.dev.azure.com/ORGANISATION-ID",
            Self::Forgejo => "https://HOST/api/actions",
            Self::Buildkite => "https://agent.buildkite.com",
            Self::Circleci => "https://oidc.circleci.com/org/ORGANISATION-ID",
            Self::Custom => "what stands as `iss` in its tokens",
        }
    }

    /// Claims that name one thing for ever. Names can be given up, and taken by others; empty where nothing is known.
    pub fn stable_claims(self) -> &'static [&'static str] {
        match self {
            Self::Github | Self::Forgejo => &["repository_id", "repository_owner_id"],
            Self::Gitlab => &["project_id", "namespace_id"],
            Self::Bitbucket => &["repositoryUuid", "workspaceUuid"],
            // Of a service connection, in an organisation whose number stands in the URL.
            Self::AzureDevops => &["sub"],
            Self::Buildkite => &["pipeline_id", "organization_id"],
            Self::Circleci => &["oidc.circleci.com/project-id", "oidc.circleci.com/org-id"],
            Self::Custom => &[],
        }
    }

    /// What they sign with, unless somebody says otherwise.
    pub fn algorithms(self) -> &'static [Algorithm] {
        match self {
            Self::Custom => &[Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA],
            _ => &[Algorithm::RS256],
        }
    }
}
