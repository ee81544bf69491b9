"""Parts of the report page; ``formats.report_html`` puts them together."""
