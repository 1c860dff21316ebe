"""Run as a program: a mother with nothing to load."""

from project.services import mother

if __name__ == "__main__":
    mother.main(load=lambda: None)
