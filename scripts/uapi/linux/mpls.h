struct mpls_label {
	__be32 entry;
};
