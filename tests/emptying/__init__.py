"""An app of the tests alone: tables are emptied between two tests without making them anew."""
