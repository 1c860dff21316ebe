"""The REST API: everything the screens do, for programs. One module a resource; the deeds are the pages' own."""
