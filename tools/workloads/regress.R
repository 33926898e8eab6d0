# Regressions on samples of a table, their residuals, and a decomposition.
set.seed(1)
rows <- 200
table <- data.frame(matrix(rnorm(rows * 8), rows))
table$y <- as.matrix(table) %*% (1:8) + rnorm(rows)
table$group <- factor(sample(letters[1:6], rows, TRUE))
estimates <- sapply(1:60, function(i) {
    part <- table[sample(rows, 150), ]
    model <- lm.fit(as.matrix(part[, 1:8]), part$y)
    quantile(model$residuals, c(.25, .75))
    model$coefficients
})
print(summary(t(estimates)))
print(tapply(table$y, table$group, mean))
parts <- svd(crossprod(as.matrix(table[, 1:8])))
print(parts$d)
print(optimize(function(x) sum((table$X1 - x)^2), c(-3, 3)))
smooth <- lapply(split(table$y, table$group), function(y) cumsum(sort(y)))
print(sapply(smooth, length))
