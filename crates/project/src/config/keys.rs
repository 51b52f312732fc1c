//! The one table of everything that may stand in `sluice.toml`. Reading checks against it, and the JSON Schema is made
//! from it.

/// A table of the file and its keys.
pub(super) struct Table {
    /// As written in the file, for messages: `[project]`, `[[environment]]`, `approvals`.
    pub title: &'static str,
    /// For the schema.
    pub about: &'static str,
    pub keys: &'static [Key],
}

/// One key of a table.
pub(super) struct Key {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    /// JSON text of the value that an absent key has.
    pub default: Option<&'static str>,
    pub about: &'static str,
}

/// What the value of a key looks like.
pub(super) enum Kind {
    /// A string.
    Text(Form),
    /// A string or a list of them.
    TextOrTexts(Form),
    /// A list of strings.
    Texts(Form),
    /// `true` or `false`.
    Bool,
    /// A whole number, not below the first and not above the second.
    Integer(i64, i64),
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// One of these strings, or a list of them.
    Choices(&'static [&'static str]),
    /// A table with free keys whose values are strings.
    TextMap,
    /// A table with free keys whose values are lists of strings.
    TextsMap(Form),
    /// A table with free keys (rule ids) whose values are a severity or a table with a severity and options.
    Rules,
    /// A table.
    Table(&'static Table),
    /// A list of tables.
    Tables(&'static Table),
}

/// What a string must look like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Any,
    Name,
    Path,
    Glob,
    Duration,
    Cel,
    Wave,
    Days,
    Time,
    Date,
    Zone,
    Mail,
    Approver,
    Url,
    Shadow,
}

impl Form {
    /// Regular expression of the JSON Schema; looser than the reader where a pattern cannot say it all.
    pub(super) fn pattern(self) -> Option<&'static str> {
        Some(match self {
            Self::Any | Self::Cel | Self::Wave | Self::Glob => return None,
            Self::Name => "^[A-Za-z0-9][A-Za-z0-9._/-]*$",
            Self::Path => "^[^/]",
            Self::Duration => "^(0|([0-9]+(ms|s|m|h|d))+)$",
            Self::Days => "^ *(daily|(mon|tue|wed|thu|fri|sat|sun|[ ,-])+)$",
            Self::Time => "^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$",
            Self::Date => "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:]+)?$",
            Self::Zone => "^[A-Za-z][A-Za-z0-9_+/-]*$",
            Self::Mail => "^[^@]+@[^@]+$",
            Self::Approver => "^(group:.+|[^@]+@[^@]+)$",
            Self::Shadow => "^(own$|env:|file:|exec:|vault:|[a-z][a-z0-9+.-]*://)",
            Self::Url => "^(env:|file:|exec:|vault:|sqlite:|[a-z][a-z0-9+.-]*://)",
        })
    }
}

const fn required(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, required: true, default: None, about }
}

const fn optional(name: &'static str, kind: Kind, about: &'static str) -> Key {
    Key { name, kind, required: false, default: None, about }
}

const fn defaulted(name: &'static str, kind: Kind, default: &'static str, about: &'static str) -> Key {
    Key { name, kind, required: false, default: Some(default), about }
}

/// Names of layouts, in the order in which they are documented.
pub(super) const LAYOUTS: &[&str] = &[
    "native",
    "flyway",
    "liquibase",
    "golang-migrate",
    "goose",
    "dbmate",
    "atlas",
    "sqitch",
    "prisma",
    "diesel",
    "sqlx",
    "rails",
    "drizzle",
    "bytebase",
];

/// Engines, as selectors and policies name them.
const ENGINES: &[&str] = &["postgres", "mysql", "mariadb", "sqlite"];

/// Severities from which on a review fails.
const FAIL_ON: Kind = Kind::Choice(&["error", "warning", "info", "never"]);

/// Severities of review rules.
pub(super) const SEVERITIES: &[&str] = &["error", "warning", "info", "off"];

const RESPONSES: Kind = Kind::Choice(&["error", "warn", "allow"]);

/// The whole file.
pub(super) const FILE: Table = Table {
    title: "the top level",
    about: "Configuration of a Sluice project.",
    keys: &[
        required("project", Kind::Table(&PROJECT), "What the project is called and where its SQL is."),
        optional("placeholders", Kind::Table(&PLACEHOLDERS), "Values for `${name}` in SQL."),
        optional(
            "schema",
            Kind::Table(&SCHEMA),
            "What of a schema counts, and what may be done to get there.",
        ),
        optional("policy", Kind::Table(&POLICY), "What to do when repository and ledger disagree."),
        optional("apply", Kind::Table(&APPLY), "How changes are applied."),
        optional(
            "people",
            Kind::TextsMap(Form::Mail),
            "Groups of people for approvals: group name to mail addresses, used as `group:NAME`.",
        ),
        optional("group", Kind::Tables(&GROUP), "Named sets of databases."),
        optional("environment", Kind::Tables(&ENVIRONMENT), "The stops on the way to production, in order."),
        optional("database", Kind::Tables(&DATABASE), "The databases."),
        optional("review", Kind::Table(&REVIEW), "Which review rules apply, and how severe they are."),
    ],
};

const PROJECT: Table = Table {
    title: "[project]",
    about: "What the project is called and where its SQL is.",
    keys: &[
        required("name", Kind::Text(Form::Name), "Name of the project."),
        defaulted(
            "migrations",
            Kind::TextOrTexts(Form::Path),
            r#"["migrations"]"#,
            "Folder of the migrations, or a list of folders, relative to this file. None where `schema` stands alone.",
        ),
        optional(
            "schema",
            Kind::Text(Form::Path),
            "Folder of SQL that declares the schema as it is to be. Without `migrations`, the way there is computed for each database; with \
             it, changes lead there, and `sluice new --from-schema` writes them.",
        ),
        optional(
            "layout",
            Kind::Choice(LAYOUTS),
            "How the migrations folder is laid out; detected when it is absent.",
        ),
    ],
};

const PLACEHOLDERS: Table = Table {
    title: "[placeholders]",
    about: "Values for `${name}` in SQL.",
    keys: &[
        defaulted("enabled", Kind::Bool, "false", "Whether `${name}` in SQL is replaced."),
        optional(
            "values",
            Kind::TextMap,
            "Values by name. `database`, `environment` and the labels of the database have values already; one that stands here comes before them.",
        ),
    ],
};

const SCHEMA: Table = Table {
    title: "[schema]",
    about: "What of a schema counts where schemas are compared: in declarative projects, for drift, and by `sluice diff` between databases of this file.",
    keys: &[
        defaulted(
            "include",
            Kind::Texts(Form::Any),
            "[]",
            "Only these facts, as globs over their ids with all that belongs to them: `table:public.*`. Everything, if it is empty.",
        ),
        defaulted(
            "exclude",
            Kind::Texts(Form::Any),
            "[]",
            "None of these facts, with all that belongs to them or stands on them: `table:public.tmp_*`.",
        ),
        defaulted(
            "allow",
            Kind::Choices(HAZARDS),
            "[]",
            "Hazards that computed statements may have. Those that delete data are refused otherwise, unless `--allow` accepts them.",
        ),
        optional(
            "shadow",
            Kind::Text(Form::Shadow),
            "Where scratch databases are made for databases that say nothing about it themselves; as `shadow` of a [[database]].",
        ),
    ],
};

/// Hazards of computed statements.
pub(super) const HAZARDS: &[&str] =
    &["deletes_data", "rewrites_table", "scans_table", "builds_index", "depends_on_data", "changes_access"];

const POLICY: Table = Table {
    title: "[policy]",
    about: "What to do when repository and ledger disagree.",
    keys: &[
        defaulted("edited", RESPONSES, r#""error""#, "An applied change has other content now."),
        defaulted("removed", RESPONSES, r#""error""#, "An applied change is not in the repository."),
        defaulted("out_of_order", RESPONSES, r#""error""#, "A pending change comes before an applied one."),
        defaulted(
            "unadopted",
            RESPONSES,
            r#""error""#,
            "The database has the history of another tool and no ledger, so that every change would run from the start. `sluice baseline --adopt` takes the history over.",
        ),
        defaulted(
            "drift",
            Kind::Choice(&["off", "error", "warn", "adopt"]),
            r#""off""#,
            "The schema is not as the last change has left it. Looked for before changes are applied and in `sluice status`; after each run a snapshot is kept in the ledger.",
        ),
        defaulted(
            "backup",
            Kind::Choice(&["off", "on"]),
            r#""off""#,
            "Rows that `UPDATE` and `DELETE` in a change touch are kept in the ledger first. A change decides for itself with `-- sluice: backup=on|off`.",
        ),
        defaulted(
            "backup_rows",
            Kind::Integer(1, 100_000_000),
            "100000",
            "A statement that touches more rows is refused where rows are kept.",
        ),
        defaulted(
            "backup_retention",
            Kind::Text(Form::Duration),
            r#""30d""#,
            "How long rows are kept; longer ones go when changes are applied.",
        ),
    ],
};

const APPLY: Table = Table {
    title: "[apply]",
    about: "How changes are applied. Durations: 500ms, 3s, 10m, 2h, 1d, 1h30m, 0.",
    keys: &[
        defaulted(
            "lock_timeout",
            Kind::Text(Form::Duration),
            r#""3s""#,
            "How long a statement waits for its locks.",
        ),
        defaulted(
            "lock_attempts",
            Kind::Integer(1, 1000),
            "10",
            "How many times a statement that got no lock is tried.",
        ),
        defaulted(
            "lock_wait",
            Kind::Text(Form::Duration),
            r#""10m""#,
            "How long to wait for another run on the same database.",
        ),
        defaulted(
            "statement_timeout",
            Kind::Text(Form::Duration),
            r#""0""#,
            "How long a statement may run; 0 for as long as it takes.",
        ),
        defaulted("connect_timeout", Kind::Text(Form::Duration), r#""10s""#, "How long connecting may take."),
    ],
};

const GROUP: Table = Table {
    title: "[[group]]",
    about: "A named set of databases.",
    keys: &[
        required("name", Kind::Text(Form::Name), "Name of the group."),
        required(
            "where",
            Kind::Text(Form::Cel),
            "CEL expression over `name`, `environment`, `engine`, `labels` and each label by its name.",
        ),
    ],
};

const ENVIRONMENT: Table = Table {
    title: "[[environment]]",
    about: "One stop on the way to production. The order in the file is the order of rollouts.",
    keys: &[
        required("name", Kind::Text(Form::Name), "Name of the environment."),
        defaulted(
            "soak",
            Kind::Text(Form::Duration),
            r#""0""#,
            "How long a release must have stood in the previous environment.",
        ),
        defaulted("approvals", Kind::Tables(&APPROVAL), "[]", "Who must approve; every rule must be met."),
        defaulted(
            "window",
            Kind::Tables(&WINDOW),
            "[]",
            "When rollouts may run; any one of these. Always, if there is none.",
        ),
        defaulted("freeze", Kind::Tables(&FREEZE), "[]", "When nothing may run, whatever the windows say."),
        defaulted(
            "waves",
            Kind::Texts(Form::Wave),
            "[]",
            "Which databases go first: a CEL expression, a count or a percentage each; the rest follows.",
        ),
        defaulted(
            "max_parallel",
            Kind::Integer(1, 10_000),
            "4",
            "How many databases are worked on at the same time.",
        ),
        optional(
            "max_failures",
            Kind::Integer(0, 1_000_000),
            "How many databases may fail before the rollout pauses. Without it the first failure stops the rollout, and the \
             same command tries it again.",
        ),
    ],
};

const APPROVAL: Table = Table {
    title: "approvals",
    about: "One approval rule.",
    keys: &[
        defaulted("required", Kind::Integer(1, 100), "1", "How many of them must approve."),
        optional(
            "from",
            Kind::Texts(Form::Approver),
            "Mail addresses and `group:NAME` of [people]; anybody, if it is absent.",
        ),
        defaulted("allow_author", Kind::Bool, "false", "Whether the author or a committer may approve."),
    ],
};

const WINDOW: Table = Table {
    title: "window",
    about: "A time in the week.",
    keys: &[
        defaulted(
            "days",
            Kind::Text(Form::Days),
            r#""daily""#,
            "Days on which it opens: `mon-thu`, `sat,sun`, `daily`.",
        ),
        defaulted("from", Kind::Text(Form::Time), r#""00:00""#, "When it opens, HH:MM."),
        defaulted(
            "to",
            Kind::Text(Form::Time),
            r#""24:00""#,
            "When it closes, HH:MM; on the next day if not after `from`.",
        ),
        defaulted("zone", Kind::Text(Form::Zone), r#""UTC""#, "IANA time zone of the times."),
    ],
};

const FREEZE: Table = Table {
    title: "freeze",
    about: "Days on which nothing may run.",
    keys: &[
        required("from", Kind::Text(Form::Date), "First day, YYYY-MM-DD, or local time, YYYY-MM-DDTHH:MM."),
        required("to", Kind::Text(Form::Date), "Last day, itself included, or local time of the end."),
        defaulted("zone", Kind::Text(Form::Zone), r#""UTC""#, "IANA time zone of the times."),
        optional("reason", Kind::Text(Form::Any), "Why; shown to whoever waits."),
    ],
};

const DATABASE: Table = Table {
    title: "[[database]]",
    about: "One database of one environment.",
    keys: &[
        required("name", Kind::Text(Form::Name), "Unique name."),
        required("environment", Kind::Text(Form::Name), "Environment that it belongs to."),
        required(
            "url",
            Kind::Text(Form::Url),
            "Where the URL is: `env:NAME`, `file:PATH`, `exec:COMMAND ARGUMENT…`, `vault:PATH#FIELD`; or the URL itself if it holds no secret.",
        ),
        optional("labels", Kind::TextMap, "Labels for groups, waves and placeholders."),
        optional(
            "agent",
            Kind::TextMap,
            "Labels of the agents that work on the database where a server runs the rollout: `{ region = \"eu\" }`. `url` is resolved on \
             the agent then. Without a server it says nothing.",
        ),
        optional(
            "shadow",
            Kind::Text(Form::Shadow),
            "Where scratch databases are made, in which SQL is tried: the url of a server, written as `url` is, or `own` for the database's own \
             server. SQLite needs none.",
        ),
    ],
};

const REVIEW: Table = Table {
    title: "[review]",
    about: "Which review rules apply, and how severe they are.",
    keys: &[
        defaulted("fail_on", FAIL_ON, r#""error""#, "Lowest severity that makes a review fail."),
        defaulted("extends", Kind::TextOrTexts(Form::Any), "[]", "Rule sets to start from."),
        optional("rules", Kind::Rules, "Severity, or severity and options, by rule id."),
        defaulted(
            "ignore",
            Kind::Texts(Form::Glob),
            "[]",
            "Files that are not reviewed, as globs; they are replayed all the same.",
        ),
        optional(
            "stats",
            Kind::Text(Form::Any),
            "File of statistics, relative to this one; `sluice.stats.json` is taken where it is there.",
        ),
        defaulted(
            "small_table",
            Kind::Integer(0, 1_000_000_000),
            "10000",
            "Up to so many rows, by the statistics, a table is small: findings about work on its rows are softened.",
        ),
        optional(
            "override",
            Kind::Tables(&OVERRIDE),
            "What holds for some files or databases instead. A later one comes before an earlier one.",
        ),
    ],
};

const OVERRIDE: Table = Table {
    title: "[[review.override]]",
    about: "A part of the policy for changes to some files or databases: those that all of its conditions are true for.",
    keys: &[
        optional("paths", Kind::TextOrTexts(Form::Glob), "Files, as globs relative to this file."),
        optional("environments", Kind::TextOrTexts(Form::Name), "Environments of the databases."),
        optional("engines", Kind::Choices(ENGINES), "Engines of the databases."),
        optional(
            "where",
            Kind::Text(Form::Cel),
            "Databases: CEL expression over `name`, `environment`, `engine`, `labels` and each label by its name.",
        ),
        optional("extends", Kind::TextOrTexts(Form::Any), "Rule sets to start from instead."),
        optional("fail_on", FAIL_ON, "Lowest severity that makes a review fail."),
        optional("rules", Kind::Rules, "Severity, or severity and options, by rule id."),
    ],
};
