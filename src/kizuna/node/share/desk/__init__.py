"""What the release officer does: rules, questions, recalls, requests, grants, agreements, the end of a partner."""
