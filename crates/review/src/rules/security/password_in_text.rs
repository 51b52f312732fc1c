use sluice_sql::model::{RoleOption, Statement};

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// A password is written in the change.
    ///
    /// ## Why
    /// It stays in the history of the repository, in logs of the server and of the deployment, and everybody who may read the
    /// code may log in. It is the same in every environment.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE ROLE app LOGIN PASSWORD 'hunter2';
    /// ```
    /// ```sql mysql
    /// CREATE USER 'app'@'%' IDENTIFIED BY 'hunter2';
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE ROLE app LOGIN;
    /// ```
    /// ```sql mysql
    /// CREATE USER 'app'@'%' IDENTIFIED WITH auth_socket;
    /// ```
    ///
    /// ## Source
    /// OWASP ASVS, secrets.
    PasswordInText, "security/password-in-text", Engines::SERVERS, Error, Recommended
}

impl Rule for PasswordInText {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let password = match &one.statement {
                Statement::Role(role) => role.options.iter().find_map(|option| match option {
                    RoleOption::Password(text) => Some(text),
                    _ => None,
                }),
                Statement::Grant(grant) => grant.password.as_ref(),
                _ => None,
            };
            // What the layout fills in when it runs is not written here.
            if let Some(password) = password.filter(|it| !it.value.is_empty() && !it.value.starts_with("${"))
            {
                out.report(
                    password.span,
                    "a password is written here: whoever reads the repository can log in",
                )
                .help("set the password outside of the change, and change this one");
            }
        }
    }
}
