//! What gives rights away, runs programs, or reads and writes files.

mod alter_system;
mod attach_database;
mod change_owner;
mod copy_program;
mod copy_server_file;
mod create_extension_unsafe;
mod dblink_call;
mod default_privileges_public;
mod definer;
mod disable_row_security;
mod disable_trigger_all;
mod event_trigger;
mod foreign_file_table;
mod foreign_server_password;
mod grant_all;
mod grant_option;
mod grant_to_public;
mod install_plugin;
mod into_outfile;
mod kill;
mod load_data_infile;
mod load_data_local;
mod load_extension;
mod load_library;
mod password_in_text;
mod policy_always_true;
mod pragma_unsafe;
mod public_schema_create_grant;
mod require_row_security;
mod security_definer_search_path;
mod server_file_functions;
mod session_authorization;
mod set_global;
mod set_role;
mod set_session_replication_role;
mod shutdown;
mod sql_in_text;
mod sql_log_bin_off;
mod sql_security_definer_view;
mod subscription_connection;
mod superuser_role;
mod system_catalog;
mod udf_soname;
mod untrusted_language;
mod vacuum_into;
mod view_without_security_invoker;
pub(in crate::rules) mod within;

use crate::Rule;

/// The rules of this category.
pub(super) const RULES: &[&dyn Rule] = &[
    &alter_system::AlterSystem,
    &attach_database::AttachDatabase,
    &copy_program::CopyProgram,
    &copy_server_file::CopyServerFile,
    &create_extension_unsafe::CreateExtensionUnsafe,
    &dblink_call::DblinkCall,
    &default_privileges_public::DefaultPrivilegesPublic,
    &definer::Definer,
    &disable_row_security::DisableRowSecurity,
    &disable_trigger_all::DisableTriggerAll,
    &event_trigger::EventTrigger,
    &foreign_server_password::ForeignServerPassword,
    &grant_all::GrantAll,
    &grant_option::GrantOption,
    &grant_to_public::GrantToPublic,
    &install_plugin::InstallPlugin,
    &into_outfile::IntoOutfile,
    &kill::Kill,
    &load_data_infile::LoadDataInfile,
    &load_data_local::LoadDataLocal,
    &load_extension::LoadExtension,
    &password_in_text::PasswordInText,
    &policy_always_true::PolicyAlwaysTrue,
    &pragma_unsafe::PragmaUnsafe,
    &public_schema_create_grant::PublicSchemaCreateGrant,
    &security_definer_search_path::SecurityDefinerSearchPath,
    &server_file_functions::ServerFileFunctions,
    &session_authorization::SessionAuthorization,
    &set_global::SetGlobal,
    &set_role::SetRole,
    &set_session_replication_role::SetSessionReplicationRole,
    &shutdown::Shutdown,
    &sql_log_bin_off::SqlLogBinOff,
    &sql_security_definer_view::SqlSecurityDefinerView,
    &subscription_connection::SubscriptionConnection,
    &superuser_role::SuperuserRole,
    &udf_soname::UdfSoname,
    &untrusted_language::UntrustedLanguage,
    &view_without_security_invoker::ViewWithoutSecurityInvoker,
    &change_owner::ChangeOwner,
    &require_row_security::RequireRowSecurity,
    &foreign_file_table::ForeignFileTable,
    &load_library::LoadLibrary,
    &system_catalog::SystemCatalog,
    &sql_in_text::SqlInText,
    &vacuum_into::VacuumInto,
];
