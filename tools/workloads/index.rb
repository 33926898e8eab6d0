# Index a text: an object a word, where it stands, with whom; then reports.
Word = Struct.new(:text, :lines, :neighbours)
words = Hash.new { |all, text| all[text] = Word.new(text, [], Hash.new(0)) }
File.foreach(ARGV[0]).with_index(1) do |line, number|
  line.downcase.scan(/\w+/).each_cons(2) do |one, other|
    words[one].lines << number
    words[one].neighbours[other.to_sym] += 1
  end
end
groups = words.values.group_by { |word| word.text.size }
groups.sort.each do |size, list|
  puts "#{size}: " + list.sort_by { |w| [-w.lines.size, w.text] }.map { |w|
    best = w.neighbours.max_by { |name, n| [n, name] }
    format('%<w>s (%<n>d, with %<b>s)', w: w.text, n: w.lines.size, b: best[0])
  }.join(', ')
end
puts words.keys.map(&:reverse).select { |w| w =~ /a.*e/ }.uniq.size
