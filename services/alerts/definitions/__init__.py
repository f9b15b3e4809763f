"""The alerts that people define: create, list, edit, pause, delete."""
