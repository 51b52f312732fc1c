use std::fmt;

macro_rules! kinds {
    ($($variant:ident $name:literal $doc:literal,)*) => {
        /// What a fact is about. The kinds of all families stand here; each family knows its own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(#[doc = $doc] $variant,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &[Kind] = &[$(Kind::$variant,)*];

            /// The name that ids begin with.
            pub fn name(self) -> &'static str {
                match self {
                    $(Kind::$variant => $name,)*
                }
            }
        }
    };
}

kinds! {
    AccessMethod "access_method" "An access method.",
    Aggregate "aggregate" "An aggregate function.",
    Attribute "attribute" "An attribute of a composite type.",
    Cast "cast" "A cast.",
    Collation "collation" "A collation.",
    Column "column" "A column of a table or view.",
    Comment "comment" "A comment on something.",
    Composite "composite" "A composite type.",
    Constraint "constraint" "A constraint of a table or domain.",
    Conversion "conversion" "A conversion between encodings.",
    Default "default" "The default of a column.",
    DefaultPrivileges "default_privileges" "Privileges that objects get when they are made.",
    Domain "domain" "A domain.",
    Enum "enum" "An enumeration.",
    Event "event" "A scheduled event.",
    EventTrigger "event_trigger" "A trigger on events of the database.",
    Extension "extension" "An extension.",
    ForeignDataWrapper "foreign_data_wrapper" "A foreign data wrapper.",
    ForeignServer "foreign_server" "A foreign server.",
    ForeignTable "foreign_table" "A foreign table.",
    Function "function" "A function.",
    Grant "grant" "Privileges of one role on something.",
    Index "index" "An index.",
    IndexPartition "index_partition" "An index being the part of a partitioned one.",
    Language "language" "A procedural language.",
    MaterializedView "materialized_view" "A materialized view.",
    Operator "operator" "An operator.",
    OperatorClass "operator_class" "An operator class.",
    OperatorFamily "operator_family" "An operator family.",
    Partition "partition" "A table being a partition of another.",
    Policy "policy" "A policy of row security.",
    Procedure "procedure" "A procedure.",
    Publication "publication" "A publication.",
    PublicationMember "publication_member" "A table or schema in a publication.",
    Range "range" "A range type.",
    Rule "rule" "A rewrite rule.",
    Schema "schema" "A schema.",
    Sequence "sequence" "A sequence.",
    SequenceOwner "sequence_owner" "A sequence belonging to a column.",
    Statistics "statistics" "Extended statistics.",
    Table "table" "A table.",
    TextSearchConfiguration "text_search_configuration" "A text search configuration.",
    TextSearchDictionary "text_search_dictionary" "A text search dictionary.",
    TextSearchParser "text_search_parser" "A text search parser.",
    TextSearchTemplate "text_search_template" "A text search template.",
    Transform "transform" "A transform between a type and a language.",
    Trigger "trigger" "A trigger.",
    Type "type" "A base type.",
    UserMapping "user_mapping" "A user mapping.",
    View "view" "A view.",
    VirtualTable "virtual_table" "A virtual table.",
}

impl Kind {
    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The name with blanks, for sentences.
    pub fn words(self) -> String {
        self.name().replace('_', " ")
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
