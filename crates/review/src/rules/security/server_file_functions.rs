use super::within;
use crate::{Context, Engines, Meta, Rule, Sink, rule};

rule! {
    /// SQL reads or writes files of the server.
    ///
    /// ## Why
    /// These functions, and the roles that may call them, reach files with the rights of the user that the server runs as:
    /// configuration, keys, data of other databases. Writing them is a way to run programs.
    ///
    /// ## Bad
    /// ```sql postgres
    /// SELECT pg_read_file('/etc/passwd');
    /// ```
    /// ```sql postgres
    /// GRANT pg_execute_server_program TO app;
    /// ```
    /// ```sql mysql
    /// SELECT LOAD_FILE('/etc/passwd');
    /// ```
    /// ```sql mariadb
    /// SELECT LOAD_FILE('/etc/passwd');
    /// ```
    /// ```sql sqlite
    /// SELECT writefile('out.txt', 'x');
    /// ```
    ///
    /// ## Good
    /// ```sql
    /// SELECT id FROM orders WHERE id = 1;
    /// ```
    ///
    /// ## Source
    /// PostgreSQL manual, Generic File Access Functions; Predefined Roles. MySQL manual, LOAD_FILE().
    ServerFileFunctions, "security/server-file-functions", Engines::ALL, Error, Recommended
}

impl Rule for ServerFileFunctions {
    fn meta(&self) -> &'static Meta {
        &Self::META
    }

    fn looks_at_inserts(&self) -> bool {
        true
    }

    fn statement(&self, cx: &Context<'_>, out: &mut Sink<'_>) {
        const FUNCTIONS: [&str; 20] = [
            "pg_read_file",
            "pg_read_binary_file",
            "pg_ls_dir",
            "pg_ls_logdir",
            "pg_ls_waldir",
            "pg_ls_tmpdir",
            "pg_ls_archive_statusdir",
            "pg_stat_file",
            "lo_import",
            "lo_export",
            "pg_file_write",
            "pg_file_rename",
            "pg_file_unlink",
            "pg_logdir_ls",
            "load_file",
            "readfile",
            "writefile",
            "edit",
            "fts3_tokenizer",
            "sys_exec",
        ];
        const ROLES: [&str; 3] =
            ["pg_read_server_files", "pg_write_server_files", "pg_execute_server_program"];
        for call in within::calls_of(cx, &FUNCTIONS) {
            let name = call.name.name.text.to_ascii_lowercase();
            out.report(call.span, format!("{name} reaches files of the server"))
                .help("keep the contents in the change, or read it outside of the database");
        }
        for grant in within::grants(cx) {
            for role in grant.roles.iter().filter(|role| ROLES.iter().any(|it| role.name.is_word(it))) {
                let name = &role.name.text;
                out.report(role.span, format!("{name} reaches files and programs of the server"))
                    .help("do without: whoever has it can become superuser");
            }
        }
    }
}
