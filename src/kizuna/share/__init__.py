"""Release between partners: rules, transforms, ledger, sync, agreements, incidents. No input or output."""
