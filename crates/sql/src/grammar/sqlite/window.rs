use super::cursor::Cursor;

impl Cursor<'_> {
    /// Whether `WINDOW name AS` is here; alone the word is a name.
    pub(super) fn begins_windows(&mut self) -> bool {
        if !self.is("window") {
            return false;
        }
        let place = self.place();
        self.advance();
        let found = self.ident().is_some() && self.is("as");
        self.go_back(place);
        found
    }

    /// `WITHIN GROUP (…)`, `FILTER (WHERE …)`, `OVER …` behind a call.
    pub(super) fn behind_call(&mut self) {
        if self.is("within") && self.peek_is(&["group"]) {
            self.advance();
            self.advance();
            if self.accept_open() {
                self.order_terms(false);
                self.close();
            }
        }
        if self.is("filter") && self.peek_open() {
            self.advance();
            self.advance();
            if !self.accept("where") || self.scan().is_none() {
                self.missing("a condition");
            }
            self.close();
        }
        if self.is("over") {
            let (kind, _) = self.peek();
            match kind {
                crate::lexer::TokenKind::OpenParen => {
                    self.advance();
                    self.window();
                }
                crate::lexer::TokenKind::Word | crate::lexer::TokenKind::QuotedName => {
                    self.advance();
                    self.ident();
                }
                _ => {}
            }
        }
    }

    /// `([base] [PARTITION BY …] [ORDER BY …] [frame])`.
    pub(super) fn window(&mut self) {
        if !self.is_open() {
            return self.missing("a window");
        }
        if !self.enter() {
            self.too_deep();
            return;
        }
        self.advance();
        if !self.is_any(&["partition", "order", "range", "rows", "groups"]) {
            self.ident();
        }
        if self.accept_all(&["partition", "by"]) {
            self.scan_list();
        }
        self.order_terms(false);
        if self.accept_any(&["range", "rows", "groups"]) {
            if self.accept("between") {
                self.bound();
                self.accept("and");
            }
            self.bound();
            if self.accept("exclude") {
                let _ = self.accept_all(&["no", "others"])
                    || self.accept_all(&["current", "row"])
                    || self.accept_any(&["group", "ties"]);
            }
        }
        self.close();
        self.leave();
    }

    /// `UNBOUNDED PRECEDING`, `CURRENT ROW`, `expr FOLLOWING`.
    fn bound(&mut self) {
        if self.accept_all(&["current", "row"]) {
            return;
        }
        if !self.accept("unbounded") && self.scan().is_none() {
            self.missing("a bound of the frame");
        }
        self.accept_any(&["preceding", "following"]);
    }
}
