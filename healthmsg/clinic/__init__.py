"""The ground floor: clinics, staff, patients, contacts, phones, permissions, visits."""
