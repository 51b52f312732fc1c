use sluice_sql::model::Statement;

use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// The password of a subscription is written in the change.
    ///
    /// ## Why
    /// The connection string stays in the history of the repository and in logs; it names a server that is another one in
    /// each environment.
    ///
    /// ## Bad
    /// ```sql postgres
    /// CREATE SUBSCRIPTION s CONNECTION 'host=db1 user=repl password=hunter2' PUBLICATION p;
    /// ```
    ///
    /// ## Good
    /// ```sql postgres
    /// CREATE SUBSCRIPTION s CONNECTION 'service=publisher' PUBLICATION p;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, CREATE SUBSCRIPTION; The Password File.
    SubscriptionConnection, "security/subscription-connection", Engines::POSTGRES, Error, Recommended
}

impl Rule for SubscriptionConnection {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        for one in within::statements(cx) {
            let Statement::Subscription(subscription) = &one.statement else { continue };
            if subscription.connection.value.to_ascii_lowercase().contains("password=") {
                out.report(subscription.connection.span, "the password of the publisher is written here")
                    .help("keep it in a password or service file of the server, and change this one");
            }
        }
    }
}
