"""The phones on a page: a person reads as the patient and answers as her, without a telephone."""
