"""What repti-community remembers: search documents, messages and wishes about them, who follows what."""
